"""Labelled frames from folders, COCO and labelme files and rosbags, all in one shape."""

# SPDX-License-Identifier: Apache-2.0
