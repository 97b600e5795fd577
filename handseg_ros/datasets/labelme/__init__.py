"""Labelme's JSON files, read and written."""
