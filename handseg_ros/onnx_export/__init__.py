"""Networks for other programs go out: one standalone ONNX graph from image to mask."""

# SPDX-License-Identifier: Apache-2.0
