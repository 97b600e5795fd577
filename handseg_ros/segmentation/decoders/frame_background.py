"""The `frame_background` family: a frame is compared with a picture of the scene without hands.

Its networks have two inputs, preprocessed alike, and give what those of the `semantic` family do.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from handseg_ros.segmentation.decoders import semantic
from handseg_ros.segmentation.decoders.class_map_detection import (
    OUTPUT,
    exclusive_classes,
    find_class_maps,
)
from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.detection import DecoderMatch
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.description import InputDescription


def detect(outputs: NetworkOutputs, image: InputDescription) -> DecoderMatch | None:
    """Match classes that exclude each other, of a network that takes two images."""
    maps = find_class_maps(outputs, image)
    if maps is None or image.background is None:
        return None
    return exclusive_classes("frame_background", maps)


DECODER = Decoder(
    semantic.decode,
    detect,
    outputs=(OUTPUT,),
    export=semantic.HAND_MASK,
    fields=("output_layout", "activation"),
    inputs=("background",),
)
