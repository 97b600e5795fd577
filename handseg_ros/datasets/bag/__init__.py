"""Rosbag2 recordings as labelled data."""

# SPDX-License-Identifier: Apache-2.0
