"""The methods that are compared: each makes a mask of all hands of a picture.

What a method needs is imported when it is made, as each runs in an environment of its own.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from compare.skin_refinement import hand_mask, widened_hull

# uint8 (H, W, 3), BGR, to bool (H, W)
Segment = Callable[[np.ndarray], np.ndarray]
MOST_HANDS = 4
# That of `hands`, so that a network's time is for as many pixels: width, height.
NETWORK_INPUT = (448, 352)
# Of ImageNet's pictures, RGB, as torchvision's networks want them.
_MEAN, _SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class Method:
    """A method to find hands.

    `environment` names what it runs in, `package` or `mediapipe`; `is_scored`: whether its masks
    mean anything, which those of random weights do not.
    """

    title: str
    environment: str
    make: Callable[[Path], Segment]
    is_scored: bool = True


def _segmenter(name: str) -> Callable[[Path], Segment]:
    def make(folder: Path) -> Segment:
        from handseg_ros.segmentation.model_options import ModelOptions
        from handseg_ros.segmentation.segmenter import Segmenter

        segmenter = Segmenter.load(ModelOptions(name, threads=1))
        return lambda image: segmenter.segment(image).mask() > 0

    return make


def _hull(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    return widened_hull(landmarks, (image.shape[0], image.shape[1]))


def _mediapipe(
    mask_of: Callable[[np.ndarray, np.ndarray], np.ndarray], *, is_static: bool
) -> Callable[[Path], Segment]:
    """MediaPipe's landmarks, and the mask that is made of a picture and one hand's (21, 2)."""

    def make(folder: Path) -> Segment:
        import mediapipe

        hands: Any = mediapipe.solutions.hands.Hands(
            static_image_mode=is_static, max_num_hands=MOST_HANDS
        )

        def segment(image: np.ndarray) -> np.ndarray:
            height, width = image.shape[:2]
            found = hands.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_hand_landmarks
            mask = np.zeros((height, width), bool)
            for hand in found or ():
                relative = np.array([(point.x, point.y) for point in hand.landmark])
                mask |= mask_of(image, relative * [width, height])
            return mask

        return segment

    return make


def _network(name: str) -> Callable[[Path], Segment]:
    def make(folder: Path) -> Segment:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            str(folder / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
        )

        def segment(image: np.ndarray) -> np.ndarray:
            small = cv2.cvtColor(cv2.resize(image, NETWORK_INPUT), cv2.COLOR_BGR2RGB)
            pixels = ((small - np.array(_MEAN)) / _SPREAD).astype(np.float32)
            (logits,) = session.run(None, {"image": pixels.transpose(2, 0, 1)[None]})
            marked = (logits[0, 1] > logits[0, 0]).astype(np.uint8)
            return cv2.resize(marked, image.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0

        return segment

    return make


NETWORK = "deeplabv3_resnet101"
METHODS: Mapping[str, Method] = {
    "hands": Method("`hands`", "package", _segmenter("hands")),
    "hands_fast": Method("`hands_fast`", "package", _segmenter("hands_fast")),
    "mediapipe_colour": Method(
        "MediaPipe Hands, hull and colour",
        "mediapipe",
        _mediapipe(hand_mask, is_static=True),
    ),
    "mediapipe_hull": Method(
        "MediaPipe Hands, hull alone", "mediapipe", _mediapipe(_hull, is_static=True)
    ),
    "mediapipe_following": Method(
        "MediaPipe Hands, hull and colour, following from frame to frame",
        "mediapipe",
        _mediapipe(hand_mask, is_static=False),
        is_scored=False,
    ),
    NETWORK: Method(
        "DeepLabV3, ResNet-101, random weights", "package", _network(NETWORK), is_scored=False
    ),
}
