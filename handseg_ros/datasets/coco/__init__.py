"""COCO's instance labels, read and written."""

# SPDX-License-Identifier: Apache-2.0
