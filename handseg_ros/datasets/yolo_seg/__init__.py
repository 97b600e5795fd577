"""YOLO's polygons."""
