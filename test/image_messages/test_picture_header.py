"""Guards that a picture's size is known before it is decoded, and that one too large never is."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
import re
import resource
import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.png_bomb import png_bomb, png_header

from handseg_ros.image_messages import decode_compressed, to_bgr
from handseg_ros.image_messages.layout import LARGEST_SIDE
from handseg_ros.image_messages.picture_header import check_picture_size
from handseg_ros.media import VideoSink, VideoSource
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.errors import ImageError

LONG = LARGEST_SIDE + 1
REFUSAL = re.compile(r"the picture has (\d+)x(\d+) pixels, but no side may have more")
# What Pillow can write of what is read, with the settings that change a header's form.
WRITTEN = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0", "comment": b"\xff\xd8\xff\xc0"}),
    ("PNG", {}),
    ("BMP", {}),
    ("WEBP", {"quality": 80}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("PPM", {}),
]


def size_told(data: bytes) -> tuple[int, int]:
    """Return the size that a refusal tells of a picture too large."""
    with pytest.raises(ImageError) as caught:
        check_picture_size(data, "the picture")
    found = REFUSAL.match(str(caught.value))
    assert found, str(caught.value)
    return int(found[1]), int(found[2])


@dataclass
class Message:
    """The attributes of sensor_msgs/CompressedImage."""

    format: str
    data: bytes


@pytest.mark.parametrize(("kind", "options"), WRITTEN)
@pytest.mark.parametrize("size", [(LONG, 2), (3, LONG), (LONG, LONG // 64)])
def test_every_format_tells_its_size(kind: str, options: dict, size: tuple[int, int]) -> None:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind, **options)
    assert size_told(file.getvalue()) == size


@pytest.mark.parametrize("start", [b"P6", b"P3", b"P5"])
def test_comments_in_a_netpbm_header(start: bytes) -> None:
    header = start + b"\n# 1 1\n#\r9000 # 7\n\t8\n255\n"
    assert size_told(header + bytes(9)) == (9000, 8)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_whose_tiles_are_large(order: str) -> None:
    tags = ((256, 3, 4), (257, 3, 4), (322, 4, 1 << 20), (323, 4, 16))
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + struct.pack(f"{order}{'H2x' if kind == 3 else 'I'}", value)
        for tag, kind, value in tags
    )
    start = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4)
    assert size_told(start + directory) == (1 << 20, 16)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    data = png_bomb(12000, 12000)
    assert len(data) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError) as caught:
        decode_compressed(Message("png", data))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # of 144,000 kB
    assert str(caught.value) == (
        "the compressed image of format 'png' has 12000x12000 pixels, but no side may have more "
        "than 8192: set the camera to a smaller size, or scale the picture down"
    )


def test_the_largest_png_there_is_takes_no_time() -> None:
    assert size_told(png_header(65535, 65535)) == (65535, 65535)


def test_a_jpeg_cannot_hide_its_size_behind_a_marker_without_content() -> None:
    # libjpeg passes over the restart marker and finds the large frame; its "length" leads past it.
    def frame(side: int) -> bytes:
        return b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", side, side) + b"\x01\x01\x11\x00"

    large = frame(60000)
    data = b"\xff\xd8" + b"\xff\xd0" + (len(large) + 2).to_bytes(2, "big") + large + frame(8)
    with pytest.raises(ImageError, match="damaged or no picture"):
        check_picture_size(data, "the picture")


def test_formats_that_no_camera_sends_are_not_decoded() -> None:
    words = {
        ".jp2": "is a JPEG 2000 picture: save it as JPEG or PNG",
        ".ras": "damaged or no picture: use JPEG or PNG",
        ".hdr": "is a Radiance HDR picture: save it as JPEG or PNG",
    }
    for suffix, told in words.items():
        kind = np.float32 if suffix == ".hdr" else np.uint8
        data = cv2.imencode(suffix, np.zeros((64, 64, 3), kind))[1].tobytes()
        with pytest.raises(ImageError, match=told):
            decode_compressed(Message("", data))


def test_files_and_raw_messages_keep_to_the_same_limit(tmp_path: Path) -> None:
    file = tmp_path / "long.png"
    cv2.imwrite(str(file), np.zeros((2, LONG), np.uint8))
    with pytest.raises(ImageError, match=r"long\.png' has 8193x2 pixels"):
        read_picture(file)
    clip = tmp_path / "long.avi"
    with VideoSink(clip, 10.0) as sink:
        sink.write(np.zeros((16, LONG + 7, 3), np.uint8))
    with pytest.raises(ImageError, match=r"long\.avi' has 8200x16 pixels"):
        VideoSource(clip)
    raw = Message("", bytes(2 * LONG))
    vars(raw).update(height=2, width=LONG, step=LONG, encoding="mono8", is_bigendian=0)
    with pytest.raises(ImageError, match="the 8193x2 mono8 image has 8193x2 pixels"):
        to_bgr(raw)  # type: ignore[arg-type]


@given(st.sampled_from(WRITTEN), st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_decoder_never_gives_more_than_the_header_said(
    written: tuple[str, dict], width: int, height: int, draw: st.DataObject
) -> None:
    """Change bytes of a small picture: what is let through has sides within the limit."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (9, 99, 200)).save(file, written[0], **written[1])
    data = bytearray(file.getvalue())
    for _ in range(draw.draw(st.integers(0, 3))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        picture = decode_compressed(Message("", bytes(data)))
    except ImageError:
        return
    assert max(picture.shape[:2]) <= LARGEST_SIDE
