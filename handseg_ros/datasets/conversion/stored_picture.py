"""A picture as it lies in a data set: its bytes, which go on unchanged, and what they tell."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.datasets.frame_picture import LabelFrame, Shape, label_frame
from handseg_ros.datasets.label_options import LabelOrientation
from handseg_ros.datasets.lazy_frames import UnusableError
from handseg_ros.image_messages.orientation import NORMAL, is_sideways, orientation_of
from handseg_ros.image_messages.picture_header import JPEG_START, PNG_START, picture_size
from handseg_ros.image_messages.pictures import decode_picture, is_truncated
from handseg_ros.media.pictures import PICTURE_FLAGS
from handseg_ros.segmentation.errors import ImageError

# Of these the bytes tell by themselves whether all of the picture is there.
_CHECKED = (JPEG_START, PNG_START)


@dataclass(frozen=True)
class StoredPicture:
    """The bytes of a picture file; `shape` is (height, width) upright, as `orientation` turns it.

    `file` is where the bytes lie, None where they come from a recording.
    """

    data: bytes
    suffix: str
    shape: Shape
    orientation: int = NORMAL
    file: Path | None = None

    @classmethod
    def read(cls, file: Path) -> StoredPicture:
        """Return the picture of a file; raises UnusableError for none, or a part of one.

        JPEG and PNG are followed to their ends, which takes a tenth of decoding them.
        """
        try:
            data = file.read_bytes()
            size = None if is_truncated(data) else picture_size(data)
            if size is None or min(size) < 1:
                raise UnusableError("its picture is truncated or no picture")
            if not data.startswith(_CHECKED):
                decode_picture(data, "the picture", PICTURE_FLAGS)
        except FileNotFoundError as error:
            raise UnusableError("its picture is missing") from error
        except (OSError, ImageError) as error:
            raise UnusableError("its picture is truncated, too large or no picture") from error
        orientation = orientation_of(data)
        shape = size if is_sideways(orientation) else size[::-1]
        return cls(data, file.suffix, shape, orientation, file)

    @classmethod
    def encoded(cls, pixels: np.ndarray) -> StoredPicture:
        """Return pixels, uint8 (H, W, 3) BGR, as PNG, which loses none of them."""
        _, data = cv2.imencode(".png", pixels)
        return cls(data.tobytes(), ".png", (pixels.shape[0], pixels.shape[1]))

    def label_frame(
        self, told: Shape | None, drawn_on: LabelOrientation = LabelOrientation.AUTO
    ) -> LabelFrame:
        """Return where a label belongs that names a size, None where it names none.

        Raises UnusableError for another size than the picture's, and where nothing tells on which
        picture, upright or stored, it was drawn.
        """
        return label_frame(self.shape, self.orientation, told, drawn_on)

    def fitted(
        self, mask: np.ndarray, drawn_on: LabelOrientation = LabelOrientation.AUTO
    ) -> np.ndarray:
        """Return a mask (H, W) as it lies on the upright picture; raises as `label_frame` does."""
        frame = self.label_frame((mask.shape[0], mask.shape[1]), drawn_on)
        return frame.turned(mask)
