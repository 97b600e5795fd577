"""The figures of the model card, taken from reports: `python -m handseg_ros.evaluation.model_card`.

    handseg evaluate DATA --model hands --out split
    handseg evaluate HELD --model hands --out rendered
    python -m handseg_ros.evaluation.model_card split/scores.json rendered/scores.json

DATA is the folder of `datasets/development_split.py`, HELD one of `datasets/rendered.py`. The names
are those that model files carry (`scores`).
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from handseg_ros.datasets.development_split import DEV_SETS, HAND_FREE, HGR, KIND, SET
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.datasets.rendered import GLOVED, SKIN, TONES
from handseg_ros.evaluation.evaluate import evaluate
from handseg_ros.evaluation.instance_matching import SIZES
from handseg_ros.evaluation.metrics.ratio_accumulator import ALL, HANDS
from handseg_ros.evaluation.report.writing import SCORES
from handseg_ros.segmentation.errors import HandsegError, MediaError
from handseg_ros.segmentation.segmenter import Segmenter

# A group of a report and a metric in it.
_Cell = tuple[str, str]
_PLACES = 3
_WITH_HANDS, _WITH_SEVERAL = HANDS


def _split_cells() -> dict[str, _Cell]:
    """Return the figures of the development split by their names in the card."""
    cells: dict[str, _Cell] = {}
    for name in (*(f"dev_{item}" for item in DEV_SETS), HGR):
        cells[f"{name}_hand_iou"] = f"{SET}: {name}", "iou"
        cells[f"{name}_hand_iou_pooled"] = f"{SET}: {name}", "iou_pooled"
    groups = {kind: f"{KIND}: {kind}" for kind in ("backgrounds", "people", "forearms")}
    groups["all"] = f"{SET}: {HAND_FREE}"
    for kind, group in groups.items():
        cells[f"hand_free_{kind}_left_alone"] = group, "left_alone"
        cells[f"hand_free_{kind}_marked"] = group, "false_rate"
    return cells


def _rendered_cells() -> dict[str, _Cell]:
    """Return the figures of rendered scenes by their names in the card."""
    cells = {
        "rendered_hand_iou": (ALL, "iou"),
        "rendered_ap": (_WITH_HANDS, "mask_ap"),
        "rendered_ap50": (_WITH_HANDS, "mask_ap50"),
        "rendered_ap75": (_WITH_HANDS, "mask_ap75"),
        "rendered_multi_ap50": (_WITH_SEVERAL, "mask_ap50"),
        "rendered_side_right": (ALL, "side_right"),
        "rendered_side_known": (ALL, "side_known"),
    }
    groups = {"": ALL, **{_tone_name(tone): f"{SKIN}: {tone}" for tone in TONES}}
    groups |= {"_gloved": f"{SKIN}: {GLOVED}"}
    groups |= {f"_{size}": f"size: {size}" for size in SIZES}
    for name, group in groups.items():
        cells[f"rendered_recall{name}"] = group, "hand_recall"
        cells[f"rendered_iou{name}"] = group, "hand_iou"
    cells["rendered_hand_free_left_alone"] = ALL, "left_alone"
    cells["rendered_hand_free_marked"] = ALL, "false_rate"
    return cells


def _tone_name(tone: str) -> str:
    """Return "_tone_1_3" for "tone 1 to 3"."""
    return f"_{tone.replace(' to ', '_').replace(' ', '_')}"


def card_figures(scores: Mapping[str, Any], model: int = 0) -> dict[str, float]:
    """Return the card's figures of one model of a `scores.json`, rounded to three places.

    What has nothing to be measured on is left out.
    """
    groups, label = scores["groups"], scores["models"][model]["label"]
    is_rendered = any(name.startswith(f"{SKIN}: ") for name in groups)
    figures: dict[str, float] = {}
    for name, (group, metric) in (_rendered_cells() if is_rendered else _split_cells()).items():
        values = groups[group]["figures"][label] if group in groups else {}
        if metric in values:
            figures[name] = round(values[metric]["value"], _PLACES)
    return figures


def measure_card(segmenter: Segmenter, folders: Iterable[Path]) -> dict[str, float]:
    """Evaluate a model on folders of data and return the card's figures.

    Raises HandsegError for a folder that cannot be read, and when pycocotools or jinja2 is missing.
    """
    figures: dict[str, float] = {}
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="handseg_card_") as out:
            evaluate(open_dataset(folder), [segmenter], Path(out))
            figures |= card_figures(_read(Path(out, SCORES)))
    return figures


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content: Mapping[str, Any] = json.loads(file.read_bytes())
        _ = content["groups"], content["models"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"'{file}' is no {SCORES} of an evaluation ({error}): give one that handseg evaluate "
            "has written"
        ) from error
    return content


def main(arguments: list[str] | None = None) -> int:
    """Print the card's figures that reports hold and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m handseg_ros.evaluation.model_card")
    parser.add_argument("scores", nargs="+", type=Path, help=f"{SCORES} of an evaluation")
    parser.add_argument("--model", type=int, default=0, help="which of its models, from 0 on")
    options = parser.parse_args(arguments)
    try:
        for file in options.scores:
            for name, value in card_figures(_read(file), options.model).items():
                print(f"{name}: {value:.{_PLACES}f}")
    except HandsegError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
