"""The parts of Mask R-CNN, in plain torch: boxes, anchors, suppression, regions, losses."""

# SPDX-License-Identifier: Apache-2.0
