"""The decoders: one for each family, by the name that a description's `family` has.

In the order in which `handseg import` asks them whether a foreign network's outputs are theirs:
those that need the most come first.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from handseg_ros.segmentation.decoders import (
    bottom_up,
    frame_background,
    hand_object,
    mask_rcnn,
    rf_detr_seg,
    rtmdet_ins,
    semantic,
    yolo_seg,
)
from handseg_ros.segmentation.decoders.bottom_up_sequence import BottomUpSequence
from handseg_ros.segmentation.decoders.decoder import Decoder

DECODERS: Mapping[str, Decoder] = {
    "rf_detr_seg": rf_detr_seg.DECODER,
    "rtmdet_ins": rtmdet_ins.DECODER,
    "yolo_seg": yolo_seg.DECODER,
    "mask_rcnn": mask_rcnn.DECODER,
    "bottom_up": replace(bottom_up.DECODER, sequence=BottomUpSequence),
    "frame_background": frame_background.DECODER,
    "hand_object": hand_object.DECODER,
    "semantic": semantic.DECODER,
}
