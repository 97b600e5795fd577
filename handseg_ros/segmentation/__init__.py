"""Core: a frame goes in, hands come out. Knows nothing of ROS, HTTP or files but the model."""

# SPDX-License-Identifier: Apache-2.0
