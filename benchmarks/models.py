"""Times every model of the package alone: `make bench-models`.

One thread, a 640x480 picture with two hands, medians of the milliseconds for fitting the picture
in, for the network and for making hands of its maps. All models in one run, turn by turn, so that
what else the machine does strikes them alike.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from tqdm import tqdm

from handseg_ros.evaluation.pictures import read_picture
from handseg_ros.segmentation.hands import Timings
from handseg_ros.segmentation.model_store import models_folder
from handseg_ros.segmentation.segmenter import Segmenter

PICTURE = Path(__file__).resolve().parents[1] / "assets" / "rendered_hands.png"
ROUNDS = 200


def main() -> None:
    """Print one row for each model."""
    picture = read_picture(PICTURE)
    models = {file.stem: Segmenter.load(file) for file in sorted(models_folder().glob("*.onnx"))}
    timings: dict[str, list[Timings]] = {name: [] for name in models}
    for _ in tqdm(range(ROUNDS), desc="rounds", unit="round"):
        for name, segmenter in models.items():
            timings[name].append(segmenter.segment(picture).timings)
    print("| model | input | fit | inference | decode | total |")
    print("|---|---|---|---|---|---|")
    for name, rows in timings.items():
        height, width = models[name].canvas
        print(f"| `{name}` | {width}x{height} | {' | '.join(_medians(rows))} |")


def _medians(rows: list[Timings]) -> list[str]:
    """Return the medians of fit, inference, decode and their sum, in milliseconds."""
    columns = [(row.preprocessing, row.inference, row.decoding) for row in rows]
    sums = [(*row, sum(row)) for row in columns]
    return [f"{1000 * statistics.median(column):.1f} ms" for column in zip(*sums, strict=True)]


if __name__ == "__main__":
    main()
