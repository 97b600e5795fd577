"""Interfaces to ROS: nodes that convert messages, call the core and convert back."""

# SPDX-License-Identifier: Apache-2.0
