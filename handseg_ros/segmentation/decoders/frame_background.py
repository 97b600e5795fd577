"""The `frame_background` family: a frame is compared with a picture of the scene without hands.

Its networks have two inputs, preprocessed alike, and give what those of the `semantic` family do.
"""

from __future__ import annotations

from handseg_ros.segmentation.decoders import semantic
from handseg_ros.segmentation.decoders.decoder import Decoder

DECODER = Decoder(
    semantic.decode,
    outputs=(semantic.OUTPUT,),
    fields=("output_layout", "activation"),
    inputs=("background",),
)
