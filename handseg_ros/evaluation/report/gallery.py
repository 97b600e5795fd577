"""Frames to look at: the best, the worst and those between, with outlines, inside the report."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from handseg_ros.datasets.frames import Dataset, LabelledFrame, RandomAccessDataset
from handseg_ros.datasets.run_lengths import RunLength, coco
from handseg_ros.evaluation.contact_sheet import draw_outlines
from handseg_ros.evaluation.metrics.results import Results
from handseg_ros.evaluation.report.view import number
from handseg_ros.evaluation.runner.records import FrameRecord

_OF_EACH = 4
_SIZE = 480, 360
_LINE = 2
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 85]


@dataclass(frozen=True)
class Picture:
    """A frame's picture as a data URI, and what is written below it."""

    uri: str
    name: str
    caption: str


@dataclass(frozen=True)
class Row:
    """Pictures that belong together."""

    title: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Gallery:
    """The pictures of one model."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Choice:
    """Frames of one row for one model, with their captions by name."""

    model: int
    title: str
    captions: Mapping[str, str]


def make_galleries(
    labels: Sequence[str],
    results: Results,
    dataset: Dataset,
    records: Iterable[FrameRecord],
) -> list[Gallery]:
    """Return the pictures of every model; the set is read again for them."""
    choices = [choice for model in range(len(labels)) for choice in _choose(results, model)]
    wanted = {name for choice in choices for name in choice.captions}
    chosen = {record.name: record for record in records if record.name in wanted}
    uris: dict[tuple[int, str], str] = {}
    for frame in chosen_frames(dataset, wanted):
        for model in {choice.model for choice in choices if frame.name in choice.captions}:
            uris[model, frame.name] = _uri(frame.image, chosen[frame.name], model)
    return [
        Gallery(
            label,
            tuple(
                Row(
                    choice.title,
                    tuple(
                        Picture(uris[model, name], name, caption)
                        for name, caption in choice.captions.items()
                    ),
                )
                for choice in choices
                if choice.model == model
            ),
        )
        for model, label in enumerate(labels)
    ]


def _choose(results: Results, model: int) -> list[_Choice]:
    """Return the rows of one model; no frame stands in two of them."""
    frames = sorted(results.frames, key=lambda item: (item.ious[model], item.name))
    captions = {item.name: f"IoU {number(item.ious[model])}" for item in frames}
    ordered = list(captions)
    worst, best = ordered[:_OF_EACH], ordered[_OF_EACH:][-_OF_EACH:][::-1]
    between = ordered[_OF_EACH : len(ordered) - _OF_EACH]
    first = max(0, (len(between) - _OF_EACH) // 2)
    marked = sorted(results.marked, key=lambda item: (-item.shares[model], item.name))
    false = {
        item.name: f"{item.shares[model]:.2%} marked"
        for item in marked[:_OF_EACH]
        if item.shares[model]
    }
    rows = {
        "Worst": {name: captions[name] for name in worst},
        "Around the median": {name: captions[name] for name in between[first : first + _OF_EACH]},
        "Best": {name: captions[name] for name in best},
        "Most marked without a hand": false,
    }
    return [_Choice(model, title, names) for title, names in rows.items() if names]


def chosen_frames(dataset: Dataset, names: set[str]) -> Iterator[LabelledFrame]:
    """Yield the frames of these names, in order, without reading more than needed."""
    if isinstance(dataset, RandomAccessDataset):
        yield from dataset.only(names)
        return
    left = set(names)
    for frame in dataset:
        if frame.name in left:
            left.discard(frame.name)
            yield frame
        if not left:
            return


def _uri(image: np.ndarray, record: FrameRecord, model: int) -> str:
    found = decoded_masks(record.found_runs(model))
    picture = draw_outlines(image, target_masks(record), found, _SIZE, _LINE)
    jpeg = cv2.imencode(".jpg", picture, _QUALITY)[1].tobytes()
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def target_masks(record: FrameRecord) -> list[np.ndarray]:
    """Return the masks of the labelled hands that count, each bool (H, W)."""
    counted = zip(record.known_runs, record.known, strict=True)
    return decoded_masks(runs for runs, hand in counted if not hand.ignored)


def decoded_masks(runs: Iterable[RunLength]) -> list[np.ndarray]:
    """Return masks from their run lengths, each bool (H, W)."""
    return [coco().mask.decode([one])[:, :, 0] > 0 for one in runs]
