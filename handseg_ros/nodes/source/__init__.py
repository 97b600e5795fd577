"""The parts of image_source_node: its pace, its calibration, its messages."""
