"""Quantisation-aware training: a network that learns with the rounding of 8-bit integers in it."""

# SPDX-License-Identifier: Apache-2.0
