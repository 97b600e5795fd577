"""The way of a frame through the node's threads, and of requests for one image."""

# SPDX-License-Identifier: Apache-2.0
