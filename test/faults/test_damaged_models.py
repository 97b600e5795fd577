"""Guards that a damaged model file is refused in words, or answers: it never ends the process."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cases import cases
from support.model_victim import ANSWERS, ESCAPED, REFUSED, a_victim

from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.session import read_description

FLIP_CASES, CUT_CASES, DESCRIPTION_CASES = 45, 15, 60
# What lies around and between the weights decides on the graph; it is damaged as often as they.
_STRUCTURE = 2000


@pytest.fixture(scope="module")
def whole() -> bytes:
    """Return the smallest model that ships, as its file's bytes."""
    return find_model("hands_fast").read_bytes()


def places(whole: bytes) -> st.SearchStrategy[int]:
    """Draw a place in a file: anywhere, at its begin (operators) or at its end (description)."""
    last = len(whole) - 1
    return (
        st.integers(0, last) | st.integers(0, _STRUCTURE) | st.integers(last - 4 * _STRUCTURE, last)
    )


def test_bits_flipped(whole: bytes, tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    with a_victim() as victim:

        @given(st.lists(st.tuples(places(whole), st.integers(0, 7)), min_size=1, max_size=3))
        @cases(FLIP_CASES)
        def damage(flips: list[tuple[int, int]]) -> None:
            content = bytearray(whole)
            for place, bit in flips:
                content[place] ^= 1 << bit
            model = tmp_path / "flipped.onnx"
            model.write_bytes(content)
            told = victim.load(model)
            assert not told.startswith(ESCAPED), told
            outcomes[told.partition(":")[0]] += 1

        damage()
    assert outcomes[REFUSED], "no flip did any harm"
    assert outcomes[ANSWERS], "a bit of one weight should not matter"


def test_files_cut_short(whole: bytes, tmp_path: Path) -> None:
    with a_victim() as victim:

        @given(places(whole))
        @cases(CUT_CASES)
        def cut(size: int) -> None:
            model = tmp_path / "cut.onnx"
            model.write_bytes(whole[:size])
            assert victim.load(model).startswith(f"{REFUSED}: model file {model} ")

        cut()


@given(st.data())
@cases(DESCRIPTION_CASES)
def test_descriptions_changed(draw: st.DataObject) -> None:
    text = read_description(find_model("hands_fast")).to_yaml()
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(text) - 1))
        end = draw.draw(st.integers(place, min(len(text), place + 30)))
        text = text[:place] + draw.draw(st.text(max_size=8)) + text[end:]
    assert refusal(text).startswith(("the description in the file ", "taken"))


def refusal(text: str) -> str:
    """Return why a description is not taken, or that it is; whatever else is raised escapes."""
    try:
        parse_description(text, "the file")
    except ModelError as error:
        return str(error)
    return "taken"
