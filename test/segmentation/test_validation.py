"""Guards plain data on its way into dataclasses: what is read, what is refused, in which words."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.validation import (
    NotEmpty,
    Range,
    StrictFields,
    as_json,
    as_plain,
    read_as,
    read_json_as,
)


class Kind(enum.IntEnum):
    FIRST = 1
    SECOND = 2


@dataclass(frozen=True)
class Corner:
    x: float
    y: Annotated[int, Range(0, 9)] = 3


@dataclass(frozen=True)
class Everything:
    name: str
    kind: Kind = Kind.FIRST
    is_set: bool = False
    choice: Literal["a", "b"] = "a"
    either: str | int | None = None
    corners: tuple[Corner, ...] = ()
    pair: tuple[float, int] = (0.0, 0)
    table: Mapping[str, float] = field(default_factory=dict)
    shape: list[list[float]] | Corner | None = None
    filled: Annotated[tuple[str, ...], NotEmpty()] = ("one",)
    above: Annotated[float, Range(above=0)] | None = None


@dataclass(frozen=True)
class Strict(StrictFields):
    count: Annotated[int, Range(1)]
    inner: Corner = Corner(0.0)


FULL = {
    "name": "n",
    "kind": 2,
    "is_set": 1,
    "choice": "b",
    "either": 5,
    "corners": [{"x": 1, "y": 2, "z": "left aside"}],
    "pair": ["1e-3", 2.0],
    "table": {"t": 1},
    "shape": [[1, 2.5]],
    "filled": ["f"],
    "above": 0.5,
}


def test_plain_data_becomes_the_types_that_are_hinted() -> None:
    assert read_as(Everything, FULL) == Everything(
        "n", Kind.SECOND, True, "b", 5, (Corner(1.0, 2),), (0.001, 2), {"t": 1.0}, [[1.0, 2.5]],
        ("f",), 0.5,
    )  # fmt: skip


def test_what_is_written_is_read_back() -> None:
    whole = read_as(Everything, FULL)
    assert read_json_as(Everything, as_json(whole)) == whole
    assert as_plain(whole)["corners"] == [{"x": 1.0, "y": 2}]
    assert as_plain(whole)["kind"] == 2


def test_a_long_number_in_a_text_stays_exact() -> None:
    assert read_as(Strict, {"count": "9007199254740993"}).count == 9007199254740993


@pytest.mark.parametrize(("value", "read"), [("5", "5"), (5, 5), (None, None), (1.5, "1.5")])
def test_a_union_keeps_what_is_one_of_its_types(value: object, read: object) -> None:
    assert read_as(Everything, {"name": "n", "either": value}).either == read


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": None}, "'name' is None, but must be a text"),
        ({"kind": 3}, "'kind' is 3, but must be one of 1, 2"),
        ({"is_set": 2}, "'is_set' is 2, but must be true or false"),
        ({"choice": ["a"]}, "'choice' is ['a'], but must be 'a' or 'b'"),
        ({"corners": [{"x": 1}, {"y": 1}]}, "the field 'corners[1].x' is missing"),
        ({"corners": [{"x": "left"}]}, "'corners[0].x' is 'left', but must be a number"),
        ({"corners": [{"x": True}]}, "'corners[0].x' is True, but must be a number"),
        ({"corners": [{"x": float("nan")}]}, "'corners[0].x' is nan, but must be a number"),
        ({"corners": [{"x": "inf"}]}, "'corners[0].x' is 'inf', but must be a number"),
        ({"corners": [{"x": 10**400}]}, "but must be a number"),
        ({"corners": [{"x": 16**5000}]}, "is a number too long to show, but must be a number"),
        ({"corners": [{"x": 0, "y": 10}]}, "y' is 10, but must be a whole number from 0 to 9"),
        ({"corners": [{"x": 0, "y": 1.5}]}, "y' is 1.5, but must be a whole number from 0 to 9"),
        ({"corners": {}}, "'corners' is {}, but must be a list"),
        ({"pair": [1]}, "'pair' is [1], but must be a list of 2"),
        ({"table": [1]}, "'table' is [1], but must be a mapping"),
        ({"table": {"a": "b"}}, "'table.a' is 'b', but must be a number"),
        ({"shape": [[1, "x"]]}, "'shape[0][1]' is 'x', but must be a number"),
        ({"shape": 5}, "'shape' is 5, but must be a list"),
        ({"filled": []}, "'filled' is [], but must be not empty"),
        ({"above": 0}, "'above' is 0, but must be a number greater than 0"),
        ({"either": [1]}, "'either' is [1], but must be a text"),
    ],
)
def test_what_is_not_allowed_is_told_by_field_value_and_what_is(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        read_as(Everything, {**FULL, **changed})
    assert words in str(caught.value)


def test_a_value_is_told_in_few_words_however_large_it_is() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, ["text " * 1000] * 1000, {str(key): key for key in range(10_000)}):
        with pytest.raises(InvalidFieldError) as caught:
            read_as(Everything, {"name": value})
        assert len(str(caught.value)) < 1000


def test_strict_fields_are_checked_whoever_builds_them() -> None:
    with pytest.raises(ValueError, match="'count' is 0, but must be a whole number of at least 1"):
        Strict(0)
    with pytest.raises(ValueError, match="the field 'other' is unknown: its value is 5"):
        read_as(Strict, {"count": 1, "other": 5})
    with pytest.raises(ValueError, match=r"'inner\.x' is 'a', but must be a number"):
        Strict(1, {"x": "a"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "it is no JSON: Expecting value"),
        (b"{", "Expecting property name"),
        (b"\xff", "utf-8"),
        (b"[]", "is \\[\\], but must be a mapping"),
        (b"[" * 100_000, "too deep inside each other"),
        (b'{"x": NaN}', "'x' is nan, but must be a number"),
    ],
)
def test_other_texts_than_json_of_the_type_are_refused(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_json_as(Corner, text)


def test_a_number_that_is_not_finite_is_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(Corner(float("nan")))
