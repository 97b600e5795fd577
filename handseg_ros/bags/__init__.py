"""Recordings of ROS 2 (rosbag2, in SQLite or MCAP files) read and written without ROS."""

# SPDX-License-Identifier: Apache-2.0
