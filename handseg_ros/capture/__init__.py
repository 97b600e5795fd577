"""Backgrounds and frames stored by a button that a hand, a mouse or a key presses; no ROS."""

# SPDX-License-Identifier: Apache-2.0
