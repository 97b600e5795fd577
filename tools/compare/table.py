"""Scores the masks of all methods alike, and writes one table into a page."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from compare.methods import METHODS
from compare.picture_sets import HAND_FREE, MASKED_SETS
from compare.worker import Cost

BEGIN = "<!-- Written by `make compare`: do not edit -->"
END = "<!-- End of what `make compare` writes -->"
# A hand-free picture counts as marked from this share of its pixels on, as in the model card.
MARKED_SHARE = 0.005


@dataclass(frozen=True)
class Row:
    """One method: mean IoU by set and the share of hand-free pictures marked, None where its masks
    mean nothing."""

    title: str
    iou: Mapping[str, float | None]
    marked: float | None
    cost: Cost


def rows(out: Path) -> Iterator[Row]:
    """Yield a row for each method that ran into this folder, in the order of `METHODS`."""
    for name, method in METHODS.items():
        file = out / f"{name}.json"
        if not file.exists():
            continue
        cost = Cost(**json.loads(file.read_text(encoding="utf-8")))
        found = out / name
        iou: dict[str, float | None] = dict.fromkeys(MASKED_SETS)
        marked = None
        if method.is_scored:
            iou |= {part: mean_iou(found / part, out / "masks" / part) for part in MASKED_SETS}
            marked = marked_share(found / HAND_FREE)
        yield Row(method.title, iou, marked, cost)


def mean_iou(found: Path, ground_truth: Path) -> float:
    """Return the mean over pictures of the IoU of two folders of masks with the same names."""
    shares = []
    for file in sorted(ground_truth.glob("*.png")):
        one, other = _mask(found / file.name), _mask(file)
        if other.any():
            shares.append(np.count_nonzero(one & other) / np.count_nonzero(one | other))
    return float(np.mean(shares))


def marked_share(found: Path) -> float:
    """Return the share of masks, of pictures without hands, that mark more than `MARKED_SHARE`."""
    return float(np.mean([_mask(file).mean() > MARKED_SHARE for file in found.glob("*.png")]))


def _mask(file: Path) -> np.ndarray:
    mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise OSError(f"{file} is no mask")
    return mask > 127


def as_markdown(table: list[Row]) -> str:
    """Return the table as Markdown; times are told as multiples of the first row's, too."""
    first = table[0].cost.median_ms
    lines = [
        "| method | ralf50 | irllabs20 | hand-free marked | ms | beside `hands` | MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table:
        values = [_number(row.iou[name], "{:.3f}") for name in MASKED_SETS]
        marked = _number(None if row.marked is None else 100 * row.marked, "{:.1f} %")
        cost = row.cost
        time = f"{cost.median_ms:.0f} | {cost.median_ms / first:.2f}"
        cells = [row.title, *values, marked, time, f"{cost.peak_mib:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def write_into(page: Path, table: str) -> None:
    """Put the table between the page's marks; raises ValueError where it has none."""
    text = page.read_text(encoding="utf-8")
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"{page} has no place for the table: it needs the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")
