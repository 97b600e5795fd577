"""Guards pictures turned by EXIF: every format and orientation as Pillow turns it, damage told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from handseg_ros.image_messages.orientation import is_sideways, orientation_of, upright
from handseg_ros.image_messages.pictures import decode_upright
from handseg_ros.media.sources import read_picture

STORED = cv2.resize(np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8), (48, 32))


def encoded(orientation: int, kind: str) -> bytes:
    """Return the picture, 48x32 as it is stored, with a tag."""
    picture, data = Image.fromarray(STORED), io.BytesIO()
    tags = picture.getexif()
    tags[274] = orientation
    picture.save(data, kind, exif=tags, **({"lossless": True} if kind == "WEBP" else {}))
    return data.getvalue()


def by_pillow(data: bytes) -> np.ndarray:
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(picture.convert("RGB"))[..., ::-1]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(
    kind: str, orientation: int, tmp_path: Path
) -> None:
    data = encoded(orientation, kind)
    assert orientation_of(data) == orientation
    turned = decode_upright(data, "the picture", cv2.IMREAD_COLOR)
    # Two decoders of JPEG may differ by a little.
    np.testing.assert_allclose(turned.astype(int), by_pillow(data), atol=3)
    assert (turned.shape[:2] == STORED.shape[:2]) != is_sideways(orientation)
    file = tmp_path / f"a.{kind.lower()}"
    file.write_bytes(data)
    np.testing.assert_array_equal(read_picture(file), turned)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_masks_are_turned_as_pictures_are(orientation: int) -> None:
    mask = np.arange(15, dtype=np.uint8).reshape(3, 5)
    colours = upright(np.repeat(mask[..., None], 3, axis=2), orientation)
    np.testing.assert_array_equal(upright(mask, orientation), colours[..., 1])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_damaged_tag_turns_nothing(kind: str) -> None:
    data = encoded(6, kind)
    for place in range(min(len(data), 400)):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        assert 1 <= orientation_of(bytes(changed)) <= 8
        assert 1 <= orientation_of(data[:place]) <= 8
    assert orientation_of(b"") == 1
