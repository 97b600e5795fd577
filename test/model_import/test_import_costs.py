"""Guards what import costs: one answer in memory at a time, and no red lines on stderr."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from support.foreign import write_graph

from handseg_ros.segmentation.decoders.output_statistics import summarize


def test_an_answer_is_gone_before_the_next_one_is_made() -> None:
    alive: list[weakref.ref[np.ndarray]] = []

    def answers() -> Iterator[dict[str, np.ndarray]]:
        for number in range(4):
            assert not any(answer() is not None for answer in alive)
            value = np.full((1, 2, 8, 8), number, np.float32)
            alive.append(weakref.ref(value))
            answer = {"output": value}
            del value
            yield answer
            del answer

    facts = summarize(answers())["output"]
    assert len(alive) == 4
    assert (facts.lowest, facts.highest, facts.is_whole) == (0.0, 3.0, True)
    assert facts.apart_from_one[1] == 5.0


def test_all_of_import_is_quiet_and_shows_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "blocks.onnx"
    # It refuses sizes that are no multiples of 8, which import tries out.
    steps = [("SpaceToDepth", {"blocksize": 8}), ("DepthToSpace", {"blocksize": 8})]
    write_graph(file, *steps, ("Neg", {}))
    done = subprocess.run(
        [sys.executable, "-m", "handseg_ros.cli.main", "import", str(file), "--look", "RGB:unit",
         "--width", "64", "--height", "64"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "trying settings" in done.stderr
    assert "100%" in done.stderr
    lines = done.stderr.replace("\r", "\n").splitlines()
    assert not [line for line in lines if line.strip() and not line.startswith("trying settings")]
