"""Labelme's JSON files, read and written."""

# SPDX-License-Identifier: Apache-2.0
