"""The parts of Mask R-CNN, in plain torch: boxes, anchors, suppression, regions, losses."""
