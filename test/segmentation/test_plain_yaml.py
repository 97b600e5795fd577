"""Guards that YAML from a file is read as plain data, whatever its author had in mind."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest

from handseg_ros.segmentation.description import parse_description
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml

# Each line has ten times as many parts as the one before.
BILLION = "a: &a [x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)


def test_plain_data_is_read() -> None:
    assert read_plain_yaml("a: [1, 2.5, x, true, null]") == {"a": [1, 2.5, "x", True, None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: !!python/object/apply:os.system [x]", "python/object/apply:os.system"),
        (BILLION, "an alias, which is not read"),
        ("[\n" * 20000, "too deep"),
        ("a: 2020-13-45", "month must be in 1..12"),
        ("a: " + "9" * 5000, "a value cannot be read"),
        ("a: !!timestamp x", "a value cannot be read"),
        ("a: [", "expected the node content"),
        ("\0", "#x0000"),
    ],
    ids=["object", "billion", "deep", "month", "digits", "tag", "cut", "null"],
)
def test_what_is_not_is_refused_in_half_a_sentence(text: str, words: str) -> None:
    with pytest.raises(PlainYamlError) as caught:
        read_plain_yaml(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"the description in f is not YAML .*: correct it or"):
        parse_description(text, "f")
