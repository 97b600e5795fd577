"""A picture and the label that was drawn on it: of one size, and turned the same way."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handseg_ros.datasets.frames import GroundTruth, SkipCause
from handseg_ros.datasets.label_options import LabelOrientation
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.image_messages.orientation import NORMAL, is_sideways, orientation_of, upright
from handseg_ros.image_messages.pictures import decode_upright, picture_to_bgr
from handseg_ros.image_messages.significant_bits import SignificantBits
from handseg_ros.media.sources import PICTURE_FLAGS
from handseg_ros.segmentation.errors import ImageError

Shape = tuple[int, int]  # height, width

TURNED_LABEL = "its label was drawn on the picture as it is stored, and was turned with it"


@dataclass(frozen=True)
class LabelFrame:
    """Where a label is drawn: a picture of `shape`, to be turned by an EXIF orientation."""

    shape: Shape
    orientation: int = NORMAL

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to tell of it."""
        return () if self.orientation == NORMAL else (TURNED_LABEL,)

    def turned(self, mask: np.ndarray) -> np.ndarray:
        """Return a label's mask (H, W) as it lies on the upright picture."""
        return upright(mask, self.orientation)

    def turned_ground_truth(self, ground_truth: GroundTruth) -> GroundTruth:
        """Return what is known of the frame as it lies on the upright picture."""
        objects = ground_truth.objects
        areas = ground_truth.areas
        return replace(
            ground_truth,
            ids=self.turned(ground_truth.ids),
            objects=None if objects is None else self.turned(objects),
            areas=tuple(replace(area, mask=self.turned(area.mask)) for area in areas),
        )


@dataclass(frozen=True)
class FramePicture:
    """A picture, uint8 (H, W, 3) BGR, upright; stored, it is turned by an EXIF orientation."""

    pixels: np.ndarray
    orientation: int = NORMAL

    @classmethod
    def decoded(cls, data: bytes) -> FramePicture:
        """Return an encoded picture; raises ImageError."""
        pixels = decode_upright(data, "the picture", PICTURE_FLAGS)
        return cls(picture_to_bgr(pixels, SignificantBits()), orientation_of(data))

    @property
    def shape(self) -> Shape:
        """Height and width of the upright picture."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def stored_shape(self) -> Shape:
        """Height and width as it is stored."""
        height, width = self.shape
        return (width, height) if is_sideways(self.orientation) else (height, width)

    def label_frame(self, told: Shape | None, drawn_on: LabelOrientation) -> LabelFrame:
        """Return where a label belongs; raises UnusableError, as the function of this name does."""
        return label_frame(self.shape, self.orientation, told, drawn_on)


def label_frame(
    shape: Shape, orientation: int, told: Shape | None, drawn_on: LabelOrientation
) -> LabelFrame:
    """Return where a label belongs that names a size, None where it names none.

    The picture is of `shape` when it is upright; stored, it is turned by an EXIF orientation.
    Raises UnusableError for a label of another size than its picture, and where nothing tells
    on which of two pictures, upright or stored, it was drawn.
    """
    upright_frame = LabelFrame(shape)
    stored_frame = LabelFrame(shape[::-1] if is_sideways(orientation) else shape, orientation)
    candidates = {
        LabelOrientation.UPRIGHT: [upright_frame],
        LabelOrientation.STORED: [stored_frame],
        LabelOrientation.AUTO: list(dict.fromkeys([upright_frame, stored_frame])),
    }[drawn_on]
    fitting = [frame for frame in candidates if told in (None, frame.shape)]
    if not fitting:
        raise UnusableError(_of_another_size(told or shape, candidates[0].shape), SkipCause.SIZE)
    if len(fitting) > 1:
        raise UnusableError(
            f"its picture is stored turned (EXIF orientation {orientation}), and its "
            "label does not tell whether it was drawn on it upright or as stored: say so with "
            "--label-orientation"
        )
    return fitting[0]


def read_frame_picture(file: Path) -> FramePicture:
    """Return a picture file; raises UnusableError."""
    try:
        return FramePicture.decoded(file.read_bytes())
    except (OSError, ImageError) as error:
        raise UnusableError(
            "its picture is missing, truncated, too large or no picture", SkipCause.PICTURE
        ) from error


def _of_another_size(label: Shape, picture: Shape) -> str:
    return (
        f"its label has {label[1]}x{label[0]} pixels, but its picture "
        f"{picture[1]}x{picture[0]}: label the picture as it is, or bring back the one that was "
        "labelled"
    )
