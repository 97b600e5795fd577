"""Folders of pictures and masks, read and written."""

# SPDX-License-Identifier: Apache-2.0
