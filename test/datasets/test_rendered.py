"""Guards reading rendered scenes: whose hand is which id, unfinished scenes, broken parts."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side


def read(folder: Path) -> list[LabelledFrame]:
    return list(open_dataset(folder))


def test_hands_come_with_mask_side_tone_and_glove(rendered: Path) -> None:
    frame = read(rendered)[0]
    assert (frame.name, frame.sequence) == ("0001_00000_0", "0001_00000")
    assert frame.image.shape == (100, 120, 3)
    known = frame.ground_truth
    assert known is not None
    assert known.has_instances
    assert known.sides == {1: Side.LEFT, 2: Side.RIGHT, 4: Side.RIGHT}
    bare = {"skin": "tone 1 to 3"}
    assert known.hand_tags == {1: bare, 2: bare, 4: {"skin": "gloved"}}
    expected = np.zeros((100, 120), bool)
    expected[60:65, 80:85] = True
    assert ((known.ids == 4) == expected).all()


def test_a_picture_may_have_no_hands(rendered: Path) -> None:
    known = read(rendered)[1].ground_truth
    assert known is not None
    assert not known.mask.any()
    assert not known.hand_tags


@pytest.mark.parametrize(
    ("tone", "skin"),
    [(1, "tone 1 to 3"), (3, "tone 1 to 3"), (4, "tone 4 to 6"), (6, "tone 4 to 6"),
     (7, "tone 7 to 10"), (10, "tone 7 to 10")],
)  # fmt: skip
def test_tones_are_told_in_three_groups(rendered: Path, tone: int, skin: str) -> None:
    people = [{"tone": tone, "gloved": False}, {"tone": tone, "gloved": True}]
    (rendered / "facts/0001_00000.json").write_text(json.dumps({"people": people}))
    known = read(rendered)[0].ground_truth
    assert known is not None
    assert [tags["skin"] for tags in known.hand_tags.values()] == [skin, skin, "gloved"]


def test_scenes_that_are_being_rendered_are_left_out(rendered: Path) -> None:
    assert [frame.name for frame in read(rendered)] == ["0001_00000_0", "0001_00001_0"]


def test_a_folder_without_finished_scenes_is_named(rendered: Path) -> None:
    for file in (rendered / "facts").iterdir():
        file.unlink()
    with pytest.raises(MediaError, match=r"holds no finished rendered scene .*: give a folder"):
        read(rendered)


def test_missing_ids_are_named(rendered: Path) -> None:
    (rendered / "ids/0001_00000_0.png").unlink()
    with pytest.raises(MediaError, match=r"ids/0001_00000_0\.png is no picture"):
        read(rendered)


def test_ids_of_another_size_are_named(rendered: Path) -> None:
    cv2.imwrite(str(rendered / "ids/0001_00000_0.png"), np.zeros((50, 60), np.uint8))
    with pytest.raises(MediaError, match=r"is 60x50 pixels and its picture 120x100: render"):
        read(rendered)


def test_a_hand_of_nobody_is_named(rendered: Path) -> None:
    (rendered / "facts/0001_00000.json").write_text('{"people": [{"tone": 2, "gloved": false}]}')
    with pytest.raises(MediaError, match=r"a hand of id 4, but its facts tell of 1 people only"):
        read(rendered)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ("", "Expecting value"),
        ("[]", "list indices"),
        ('{"people": [{"tone": 2}]}', "gloved"),
        ('{"people": [{"tone": 11, "gloved": false}]}', "tone 11 must be 1 to 10"),
        ('{"people": [{"tone": 2, "gloved": 1}]}', "gloved 1 true or false"),
    ],
)
def test_broken_facts_are_named(rendered: Path, facts: str, cause: str) -> None:
    (rendered / "facts/0001_00000.json").write_text(facts)
    sentence = rf"0001_00000\.json does not tell .*{cause}.*: delete it and render"
    with pytest.raises(MediaError, match=sentence):
        read(rendered)
