"""Guards that memory does not grow with a bag's length: 2,200 frames, 10,000 at night."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.bags import KINDS, Entry, image_entry, stamp_of, write_bag
from support.foreign import bright

FEW, MANY, NIGHTLY = 600, 2_200, 10_000
SHAPE = (48, 64)
# A frame's pixels and mask are 12 kB. What grows is what is kept for curves, AP and indices.
MOST_BYTES_A_FRAME = 2_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network that answers in no time."""
    return bright(tmp_path_factory.mktemp("model") / "bright.onnx")


@pytest.fixture(scope="module")
def bag_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return what makes bags of a length, each with a bright square that moves, labelled."""
    folder = tmp_path_factory.mktemp("bags")

    @cache
    def made(length: int) -> Path:
        return write_bag(folder / str(length), _entries(length), KINDS["mcap, chunks"])

    return made


def _entries(length: int) -> Iterator[Entry]:
    for number in range(length):
        place = number % 30
        image = np.random.default_rng(number).integers(0, 99, (*SHAPE, 3), np.uint8)
        image[10:30, place : place + 20] = 255
        ids = (image[..., 0] == 255).astype(np.uint8)
        yield image_entry("/image", stamp_of(number), image)
        yield image_entry("/ground_truth/instances", stamp_of(number), ids, "mono8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "BAG", "--out", "OUT"],
        ["record-masks", "BAG", "OUT.mcap"],
        ["label-bag", "BAG", "OUT", "--uncertain", "3"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("many", [MANY, pytest.param(NIGHTLY, marks=pytest.mark.nightly)])
def test_memory_does_not_grow_with_the_number_of_frames(
    command: list[str], many: int, bag_of: Callable[[int], Path], model: Path, tmp_path: Path
) -> None:
    peaks = {}
    for length in (FEW, many):
        names = {"BAG": str(bag_of(length)), "OUT": f"{length}", "OUT.mcap": f"{length}.mcap"}
        arguments = [names.get(word, word) for word in command]
        peaks[length] = _peak([*arguments, "--model", str(model)], tmp_path)
    assert (peaks[many] - peaks[FEW]) / (many - FEW) < MOST_BYTES_A_FRAME


def _peak(arguments: list[str], folder: Path) -> int:
    """Run a command in a process of its own; returns the most memory that it took, in bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "handseg_ros.cli.main", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss * 1024
