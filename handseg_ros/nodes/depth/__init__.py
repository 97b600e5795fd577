"""Depth and calibration of each image: synchronised by stamp, checked, reported when missing."""

# SPDX-License-Identifier: Apache-2.0
