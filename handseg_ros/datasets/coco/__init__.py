"""COCO's instance labels, read and written."""
