"""Frames of a camera, a video or pictures: their pace, calibration and messages."""

# SPDX-License-Identifier: Apache-2.0
