"""Masks of a model as labels for people to correct: COCO and labelme files."""
