"""What the node counts and says of itself on /diagnostics."""

# SPDX-License-Identifier: Apache-2.0
