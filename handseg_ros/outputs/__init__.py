"""What is made of a frame and its hands: one table for the node, for bags and the command line."""

# SPDX-License-Identifier: Apache-2.0
