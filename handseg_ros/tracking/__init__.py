"""Which hand is which from frame to frame: tracks of hands, on any clock, without ROS."""

# SPDX-License-Identifier: Apache-2.0
