"""Execution providers for tests, on whatever build of ONNX Runtime is installed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import onnxruntime

from handseg_ros.segmentation.providers import PROVIDERS

# A provider that the installed build lacks: which one does not matter.
LACKING = next(
    key for key, name in PROVIDERS.items() if name not in onnxruntime.get_available_providers()
)
