"""Answers every frame of a labelled set once, in order, and keeps what its figures need."""

# SPDX-License-Identifier: Apache-2.0
