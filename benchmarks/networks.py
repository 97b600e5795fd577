"""What networks cost and what making hands of their answers costs: `make bench-networks`.

Every family with real networks, at 640x480 and on one thread. `fit` and `inference` are those of a
picture with hands, `decode` is that of outputs which tell of the same four hands in every row, and
of an object where the family knows such. All are medians, and the rows take turns, so that what
else the machine does strikes them alike. A decoder that does not find the four hands ends all.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from foreign_networks import foreign_networks
from support.scene import FRAME, check
from support.scene_outputs import Outputs, scene_outputs, scene_transform
from support.torch_twin import picture
from tqdm import tqdm

from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances
from handseg_ros.segmentation.model_store import models_folder
from handseg_ros.segmentation.segmenter import Segmenter

ROUNDS = 30
DECODES = 5  # a round
# What every decoder is compared with.
SMALLEST = "hands_fast"


@dataclass(frozen=True)
class Row:
    """A network with outputs for the painted scene, and what was measured so far, in seconds."""

    title: str
    segmenter: Segmenter
    outputs: Outputs
    transform: ResizeTransform
    fits: list[float] = field(default_factory=list)
    inferences: list[float] = field(default_factory=list)
    decodes: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, title: str, file: Path, frame: np.ndarray) -> Row:
        """Load a network; raises SystemExit when its decoder does not find the scene's hands."""
        loaded = Segmenter.load(file)
        segmenter = loaded.with_background(frame) if loaded.takes_background else loaded
        description, input_size = segmenter.description, segmenter.input_size
        transform = scene_transform(description, input_size)
        row = cls(title, segmenter, scene_outputs(description, input_size), transform)
        try:
            check(row.decode())
        except ValueError as error:
            raise SystemExit(f"bench-networks: with {title} {error}") from error
        return row

    def decode(self) -> DecodedInstances:
        """Find the scene's hands in the outputs."""
        description = self.segmenter.description
        decode = DECODERS[description.family].decode
        return decode(self.outputs, self.transform, description, description.thresholds)

    def measure(self, frame: np.ndarray) -> None:
        """Take the row's turn."""
        timings = self.segmenter.segment(frame).timings
        self.fits.append(timings.preprocessing)
        self.inferences.append(timings.inference)
        for _ in range(DECODES):
            began = time.perf_counter()
            self.decode()
            self.decodes.append(time.perf_counter() - began)

    def line(self, smallest: float) -> str:
        """Return the table's line; `smallest` is the smallest network's inference in seconds."""
        fit, inference, decode = (
            statistics.median(times) for times in (self.fits, self.inferences, self.decodes)
        )
        cells = [
            f"`{self.segmenter.description.family}`",
            self.title,
            self.segmenter.input_size_text,
            *(f"{1000 * value:.1f} ms" for value in (fit, inference)),
            f"{1000 * decode:.2f} ms",
            f"{1000 * (fit + inference + decode):.1f} ms",
            f"{decode / smallest:.2f}",
        ]
        return f"| {' | '.join(cells)} |"


def rows(folder: Path, frame: np.ndarray) -> list[Row]:
    """Return a row for each model of the package and for each foreign network."""
    own = [Row.of(f"`{file.stem}`", file, frame) for file in sorted(models_folder().glob("*.onnx"))]
    foreign = [
        Row.of(network.title, network.write(folder, number), frame)
        for number, network in enumerate(tqdm(foreign_networks(), desc="networks", unit="network"))
    ]
    return [*own, *foreign]


def main() -> None:
    """Print the table."""
    frame = picture(*FRAME)
    with tempfile.TemporaryDirectory() as folder:
        table = rows(Path(folder), frame)
    for _ in tqdm(range(ROUNDS), desc="rounds", unit="round"):
        for row in table:
            row.measure(frame)
    (smallest,) = (row for row in table if row.title == f"`{SMALLEST}`")
    print(
        "| family | network | size | fit | inference | decode | total "
        f"| decode / inference of `{SMALLEST}` |\n|---|---|---|---|---|---|---|---|"
    )
    for row in table:
        print(row.line(statistics.median(smallest.inferences)))


if __name__ == "__main__":
    main()
