"""A segmentation as plain data for JSON, and back: nothing is lost, masks least of all.

`hands.schema.json` beside this file is the format's JSON Schema; docs/reference/json.md has its
fields.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.hands import (
    MAX_HANDS,
    Box,
    Hand,
    ObjectRegion,
    Segmentation,
    Side,
    Timings,
)
from handseg_ros.segmentation.run_lengths import mask_in, run_counts
from handseg_ros.segmentation.validation import Range, read_as

SCHEMA: Literal["handseg_ros/hands"] = "handseg_ros/hands"
# Another number when a field is renamed, changes its meaning or goes; new fields keep it.
VERSION = 1


def to_json(segmentation: Segmentation) -> dict[str, Any]:
    """Return a segmentation as plain data that `json.dumps` takes, of the schema's version 1.

    Masks are COCO's uncompressed run lengths of the whole frame, timings are seconds.
    """
    shape = segmentation.height, segmentation.width
    objects, timings = segmentation.objects, segmentation.timings
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "width": segmentation.width,
        "height": segmentation.height,
        "hands": [_hand(hand, shape) for hand in segmentation.hands],
        "objects": None if objects is None else [_region(item, shape) for item in objects],
        "timings": {
            "preprocessing": timings.preprocessing,
            "inference": timings.inference,
            "decoding": timings.decoding,
        },
    }


def from_json(content: Mapping[str, Any]) -> Segmentation:
    """Return the segmentation that `to_json` made plain data of, or a line of `handseg run --json`.

    Fields that the schema does not know are left aside; timings that are not there are 0. Raises
    HandsegError for anything else: a missing field, a newer version, run lengths that are none of
    the frame, a box or an area that is not the mask's.
    """
    try:
        return _segmentation(read_as(_Record, content))
    except ValueError as error:
        raise HandsegError(
            f"hands cannot be read from JSON ({error}): give what handseg_ros.to_json made, or a "
            "line of `handseg run --json` that has hands"
        ) from error


def _region(part: Hand | ObjectRegion, shape: tuple[int, int]) -> dict[str, Any]:
    box = part.box
    return {
        "id": part.id,
        "score": float(part.score),
        "box": [int(box.x), int(box.y), int(box.width), int(box.height)],
        "area": int(part.area),
        "centroid": [float(value) for value in part.centroid],
        "mask": {"size": list(shape), "counts": run_counts(part.mask > 0, box, shape)},
    }


def _hand(hand: Hand, shape: tuple[int, int]) -> dict[str, Any]:
    return {
        "id": hand.id,
        "track_id": hand.track_id,
        "side": hand.side.name.lower(),
        "side_confidence": float(hand.side_confidence),
        **_region(hand, shape),
        "touches": list(hand.touches),
    }


_Share = Annotated[float, Range(0, 1)]
_Number = Annotated[int, Range(0)]
_Id = Annotated[int, Range(1, MAX_HANDS)]


@dataclass(frozen=True)
class _Mask:
    size: tuple[_Number, _Number]
    counts: list[_Number]


@dataclass(frozen=True)
class _Region:
    id: _Id
    score: _Share
    box: tuple[_Number, _Number, _Number, _Number]
    area: _Number
    centroid: tuple[float, float]
    mask: _Mask

    def pixels(self, shape: tuple[int, int]) -> dict[str, Any]:
        """Return the fields that hands and objects share; raises ValueError."""
        box = Box(*self.box)
        if self.mask.size != shape:
            raise ValueError(f"a mask of {self.mask.size} in a frame of {shape} rows and columns")
        mask = mask_in(self.mask.counts, box, shape)
        if self.area != sum(self.mask.counts[1::2]):
            raise ValueError(f"an area of {self.area} pixels that is not its mask's")
        return {
            "id": self.id,
            "score": self.score,
            "box": box,
            "mask": mask,
            "area": self.area,
            "centroid": self.centroid,
        }


@dataclass(frozen=True)
class _Hand(_Region):
    side: Literal["unknown", "left", "right"]
    side_confidence: _Share
    track_id: _Number = 0
    touches: tuple[_Id, ...] = ()

    def hand(self, shape: tuple[int, int]) -> Hand:
        """Return the hand; raises ValueError."""
        return Hand(
            **self.pixels(shape),
            side=Side[self.side.upper()],
            side_confidence=self.side_confidence,
            touches=self.touches,
            track_id=self.track_id,
        )


@dataclass(frozen=True)
class _Timings:
    preprocessing: float = 0.0
    inference: float = 0.0
    decoding: float = 0.0


@dataclass(frozen=True)
class _Record:
    schema: Literal["handseg_ros/hands"]
    version: Annotated[int, Range(VERSION, VERSION)]
    width: Annotated[int, Range(1)]
    height: Annotated[int, Range(1)]
    hands: tuple[_Hand, ...]
    objects: tuple[_Region, ...] | None = None
    timings: _Timings = _Timings()


def _segmentation(record: _Record) -> Segmentation:
    shape = record.height, record.width
    objects = record.objects
    times = record.timings
    return Segmentation(
        height=record.height,
        width=record.width,
        hands=tuple(hand.hand(shape) for hand in record.hands),
        timings=Timings(times.preprocessing, times.inference, times.decoding),
        objects=None if objects is None else tuple(
            ObjectRegion(**item.pixels(shape)) for item in objects
        ),
    )  # fmt: skip
