"""Trains the default model: data sources, composition, augmentation, network, loop and export.

Needs the `train` extra (torch, onnx); nothing else in the package does.
"""

# SPDX-License-Identifier: Apache-2.0
