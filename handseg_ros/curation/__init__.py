"""Labelled sets looked after: checked, counted, shown, split and exported."""

# SPDX-License-Identifier: Apache-2.0
