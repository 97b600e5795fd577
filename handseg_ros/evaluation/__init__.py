"""Scores a model on pictures whose hands are known."""

# SPDX-License-Identifier: Apache-2.0
