"""Interface: a bag played through the real node, and what a robot would have seen of it."""

# SPDX-License-Identifier: Apache-2.0
