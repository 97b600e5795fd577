"""Guards the logs of a run: TensorBoard's event files hold what was told, and lines go on."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tensorboardX.proto.event_pb2 import Event

from handseg_ros.training.run_log import EVENTS, LINES, TABLE, RunLog


def test_scalars_and_pictures_read_back(tmp_path: Path) -> None:
    picture = np.zeros((20, 300, 3), np.uint8)
    picture[..., 0] = 200
    log = RunLog(tmp_path, 0)
    log.add(10, {"loss": 0.25})
    log.add_picture(300, "pictures", picture)
    log.close()
    scalar, shown = (event for event in _events(tmp_path / EVENTS) if event.summary.value)
    (value,) = scalar.summary.value
    assert (scalar.step, value.tag, value.simple_value) == (10, "loss", 0.25)
    (value,) = shown.summary.value
    assert (shown.step, value.tag) == (300, "pictures")
    encoded = np.frombuffer(value.image.encoded_image_string, np.uint8)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_array_equal(decoded[..., ::-1], picture)


def test_each_start_has_a_file_of_its_own(tmp_path: Path) -> None:
    for step in (10, 20):
        log = RunLog(tmp_path, step)
        log.add(step, {"loss": 1.0})
        log.close()
    assert len(list((tmp_path / EVENTS).iterdir())) == 2


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


def _events(folder: Path) -> Iterator[Any]:
    """Yield the records of the only file: each has its length, two check sums around its data."""
    (file,) = folder.iterdir()
    data = file.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]
