"""Guards lists of JSON files read an item at a time: as json.loads reads them, or refused."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handseg_ros.datasets.json_lists import JsonLists, NoListError, list_items

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    PLAIN, lambda own: st.lists(own, max_size=4) | st.dictionaries(st.text(), own, max_size=3)
)


def _read(file: Path, wanted: tuple[str, ...], chunk: int = 7) -> list[tuple[str, Any]]:
    return list(JsonLists(file, chunk).items(wanted))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.dictionaries(st.sampled_from("abcd") | st.text(), VALUES, max_size=5),
    indent=st.none() | st.integers(0, 2),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    chunk=st.integers(1, 40),
)
def test_items_are_those_of_json_loads_wherever_the_text_is_cut(
    content: dict[str, Any], indent: int | None, encoding: str, chunk: int, tmp_path: Path
) -> None:
    file = tmp_path / "any.json"
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    file.write_bytes(text.encode(encoding, "surrogatepass"))
    lists = JsonLists(file, chunk)
    found = list(lists.items(("a", "b")))
    wanted = [
        (name, item)
        for name, value in content.items()
        if name in ("a", "b") and isinstance(value, list)
        for item in value
    ]
    assert found == wanted
    assert lists.is_object
    assert lists.lists == {name for name, value in content.items() if isinstance(value, list)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": [1, 2', "']' is missing at character 11"),
        ('{"a": [1 2]}', "']' is missing at character 9"),
        ('{"a": [1, ]}', "Expecting value at character 10"),
        ('{"a": [{"b": "c}]}', "Unterminated string starting at at character 13"),
        ('{"a" [1]}', "':' is missing at character 5"),
        ('{"a": [1]} x', "there is more after its end"),
        ('{"a": [1], "a": [2]}', "'a' is there twice"),
        ("{7: [1]}", "a name is no text"),
        ("", "Expecting value at character 0"),
        ('{"a": [1],}', "Expecting value at character 10"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    for chunk in (1, 5, 1000):
        with pytest.raises(ValueError, match="^" + words.replace("]", r"\]")):
            _read(file, ("a",), chunk)


def test_a_file_that_is_no_object_has_no_lists(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text("[1, 2]", encoding="utf-8")
    lists = JsonLists(file)
    assert list(lists.items(("a",))) == []
    assert not lists.is_object


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.lists(VALUES, max_size=5),
    indent=st.none() | st.integers(0, 2),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    chunk=st.integers(1, 40),
)
def test_items_of_a_list_are_those_of_json_loads_wherever_the_text_is_cut(
    content: list[Any], indent: int | None, encoding: str, chunk: int, tmp_path: Path
) -> None:
    file = tmp_path / "list.json"
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    file.write_bytes(text.encode(encoding, "surrogatepass"))
    assert list(list_items(file, chunk)) == content


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ('{"a": [1, 2]}', NoListError, "it is no list"),
        ("12", NoListError, "it is no list"),
        ('{"a": [1, 2]', ValueError, "Expecting ',' delimiter at character 12"),
        ("[1, 2", ValueError, "']' is missing at character 5"),
        ("[1, ]", ValueError, "Expecting value at character 4"),
        ("[1] x", ValueError, "there is more after its end"),
        ("{} x", ValueError, "there is more after its end"),
        ("", ValueError, "Expecting value at character 0"),
    ],
)
def test_what_is_no_list_is_told_from_what_is_no_json(
    text: str, kind: type[ValueError], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    for chunk in (1, 5, 1000):
        with pytest.raises(ValueError, match="^" + words.replace("]", r"\]")) as told:
            list(list_items(file, chunk))
        assert type(told.value) is kind


@pytest.mark.parametrize("is_list", [False, True])
def test_memory_does_not_grow_with_the_file(is_list: bool, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    items = [{"id": number, "drawn": "x" * 1000} for number in range(12_000)]
    content = [*items, *items] if is_list else {"a": items, "b": items}
    file.write_text(json.dumps(content), encoding="utf-8")
    del items, content
    assert file.stat().st_size > 24e6
    tracemalloc.start()
    try:
        found = list_items(file) if is_list else JsonLists(file).items(("b",))
        count = sum(1 for _ in found)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == (24_000 if is_list else 12_000)
    assert peak < 8e6
