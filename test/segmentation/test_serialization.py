"""Guards hands as JSON: nothing is lost on the way there and back, and the schema holds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from importlib import resources
from typing import Any

import fastjsonschema
import numpy as np
import pytest

from handseg_ros import (
    Box,
    Hand,
    HandsegError,
    ObjectRegion,
    Segmentation,
    Side,
    Timings,
    from_json,
    to_json,
)

HEIGHT, WIDTH = 40, 60


def _mask(height: int, width: int, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random((height, width)) < 0.7, 255, 0).astype("u1")


def _segmentation() -> Segmentation:
    one, other, thing = _mask(12, 9, 1), _mask(40, 20, 2), _mask(3, 5, 3)
    pixels = [int(np.count_nonzero(mask)) for mask in (one, other, thing)]
    return Segmentation(
        height=HEIGHT,
        width=WIDTH,
        hands=(
            Hand(
                1, Side.LEFT, 0.75, 0.1 + 0.2, Box(5, 7, 9, 12), one, pixels[0], (8.3, 12.7),
                touches=(1,), track_id=41,
            ),
            Hand(2, Side.UNKNOWN, 0.0, 0.5, Box(40, 0, 20, 40), other, pixels[1], (50.1, 20.2)),
        ),
        timings=Timings(0.001, 0.012, 0.002),
        objects=(ObjectRegion(1, 0.9, Box(14, 9, 5, 3), thing, pixels[2], (16.0, 10.0)),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def validate() -> Callable[[Any], Any]:
    schema = resources.files("handseg_ros.segmentation").joinpath("hands.schema.json")
    check: Callable[[Any], Any] = fastjsonschema.compile(json.loads(schema.read_text()))
    return check


def _same(one: object, other: object) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one)  # type: ignore[arg-type]
    )


def test_a_segmentation_comes_back_as_it_was() -> None:
    before = _segmentation()
    after = from_json(json.loads(json.dumps(to_json(before), allow_nan=False)))

    assert (after.height, after.width, after.timings) == (HEIGHT, WIDTH, before.timings)
    for hand, known in zip(after.hands, before.hands, strict=True):
        assert _same(hand, known)
        assert hand.mask.dtype == np.uint8
    for item, known_item in zip(after.objects or (), before.objects or (), strict=True):
        assert _same(item, known_item)
    np.testing.assert_array_equal(after.instances(), before.instances())


@pytest.mark.parametrize("objects", [None, ()])
def test_none_and_no_objects_stay_apart(objects: tuple[()] | None) -> None:
    empty = Segmentation(HEIGHT, WIDTH, (), Timings(0.0, 0.0, 0.0), objects)
    assert from_json(to_json(empty)) == empty


def test_the_schema_holds(validate: Callable[[Any], Any]) -> None:
    validate(to_json(_segmentation()))
    validate(to_json(Segmentation(HEIGHT, WIDTH, (), Timings(0.0, 0.0, 0.0))))


def _changed(**changes: Any) -> dict[str, Any]:
    return {**to_json(_segmentation()), **changes}


def _with_hand(**changes: Any) -> dict[str, Any]:
    content = to_json(_segmentation())
    content["hands"][0].update(changes)
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_changed(schema="coco"), "'schema' is 'coco'"),
        (_changed(version=2), "'version' is 2"),
        (_changed(width=0), "'width' is 0"),
        (_changed(hands=[{}]), r"'hands\[0\]"),
        (_with_hand(side="both"), "'hands\\[0\\].side' is 'both'"),
        (_with_hand(score=1.5), "score' is 1.5"),
        (_with_hand(id=0), "id' is 0"),
        (_with_hand(box=[1, 2, 3]), "a list of 4"),
        (_with_hand(mask={"size": [40, 60], "counts": []}), "do not add up"),
    ],
)
def test_what_the_schema_refuses_is_not_read(
    validate: Callable[[Any], Any], content: dict[str, Any], words: str
) -> None:
    with pytest.raises(HandsegError, match=words):
        from_json(content)
    with pytest.raises(fastjsonschema.JsonSchemaException):
        validate(content)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"area": 3}, "an area of 3 pixels"),
        ({"box": [6, 7, 9, 12]}, "outside its box"),
        ({"box": [59, 7, 9, 12]}, "not inside 60x40"),
        ({"mask": {"size": [60, 40], "counts": [2400]}}, "a mask of"),
        ({"mask": {"size": [40, 60], "counts": [2401]}}, "do not add up to 2400 pixels"),
    ],
)
def test_what_contradicts_itself_is_not_read(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(HandsegError, match=words):
        from_json(_with_hand(**changes))


def test_lines_of_before_are_read() -> None:
    content = to_json(_segmentation())
    for name in ("objects", "timings"):
        del content[name]
    for hand in content["hands"]:
        del hand["touches"]
    after = from_json(content)
    assert (after.objects, after.hands[0].touches) == (None, ())
    assert after.timings.total == 0.0
