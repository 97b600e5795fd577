"""Folders of pictures and masks, read and written."""
