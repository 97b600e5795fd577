"""What the node publishes: its topics, and messages made of hands."""

# SPDX-License-Identifier: Apache-2.0
