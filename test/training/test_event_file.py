"""Guards TensorBoard's event files: records with right check sums, whose fields read back."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from handseg_ros.training.event_file import EventFile, crc32c
from handseg_ros.training.run_log import LINES, TABLE, RunLog

Fields = dict[int, bytes | int]


def test_the_check_sum_is_that_of_the_standard() -> None:
    """Both values are RFC 3720's, B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_scalars_and_pictures_read_back(tmp_path: Path) -> None:
    picture = np.zeros((20, 300, 3), np.uint8)
    picture[..., 0] = 200
    events = EventFile(tmp_path)
    events.add_scalar("loss", 0.25, 10)
    events.add_picture("pictures", picture, 300)
    events.close()
    version, scalar, shown = (_fields(event) for event in _events(tmp_path))
    assert version[3] == b"brain.Event:2"
    value = _fields(_inner(scalar))
    assert (scalar[2], value[1]) == (10, b"loss")
    assert struct.unpack("<f", _bytes(value[2])) == (0.25,)
    value = _fields(_inner(shown))
    image = _fields(_bytes(value[4]))
    assert (shown[2], value[1], image[1], image[2], image[3]) == (300, b"pictures", 20, 300, 3)
    decoded = cv2.imdecode(np.frombuffer(_bytes(image[4]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_array_equal(decoded[..., ::-1], picture)


def test_a_log_goes_on_after_the_step_that_was_saved(tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0)
    for step in (10, 20, 30):
        log.add(step, {"loss": step / 10, "mask": 0.5})
    log.close()
    (tmp_path / TABLE).write_text((tmp_path / TABLE).read_text() + "40,1.")
    again = RunLog(tmp_path, 20)
    again.add(30, {"loss": 9.0, "mask": 0.5})
    again.close()
    assert (tmp_path / TABLE).read_text() == "step,loss,mask\n10,1,0.5\n20,2,0.5\n30,9,0.5\n"
    assert (tmp_path / LINES).read_text().count('"step": 30') == 1


def _events(folder: Path) -> Iterator[bytes]:
    """Yield the records of the only file, with both check sums looked at."""
    (file,) = folder.iterdir()
    data = file.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert data[8:12] == _masked(data[:8])
        event, data = data[12 : 12 + length], data[12 + length :]
        assert data[:4] == _masked(event)
        data = data[4:]
        yield event


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15) + (crc << 17) % 2**32 + 0xA282EAD8) % 2**32)


def _fields(data: bytes) -> Fields:
    """Return the fields of a protocol buffer; numbers of 4 and 8 bytes as they are."""
    fields: Fields = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        if key & 7 == 0:
            fields[key >> 3], place = _varint(data, place)
            continue
        length = {1: 8, 5: 4}.get(key & 7)
        if length is None:
            length, place = _varint(data, place)
        fields[key >> 3] = data[place : place + length]
        place += length
    return fields


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _bytes(value: bytes | int) -> bytes:
    assert isinstance(value, bytes)
    return value


def _inner(event: Fields) -> bytes:
    """Return the first value of an event's summary."""
    return _bytes(_fields(_bytes(event[5]))[1])
