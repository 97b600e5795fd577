"""Guards reading rendered scenes: whose hand is which id, unfinished scenes, broken parts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.rendered import read_rendered, rendered_files
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side


def test_hands_come_with_mask_side_tone_and_glove(rendered: Path) -> None:
    picture = read_rendered(rendered_files(rendered)[0])
    assert picture.name == "0001_00000_0"
    assert picture.image.shape == (100, 120, 3)
    left, right, gloved = picture.hands
    assert (left.side, left.tone, left.gloved) == (Side.LEFT, 2, False)
    assert (right.side, right.tone, right.gloved) == (Side.RIGHT, 2, False)
    assert (gloved.side, gloved.tone, gloved.gloved) == (Side.RIGHT, 9, True)
    expected = np.zeros((100, 120), bool)
    expected[60:65, 80:85] = True
    assert gloved.mask.dtype == bool
    assert (gloved.mask == expected).all()


def test_a_picture_may_have_no_hands(rendered: Path) -> None:
    assert read_rendered(rendered_files(rendered)[1]).hands == ()


def test_scenes_that_are_being_rendered_are_left_out(rendered: Path) -> None:
    names = [file.name for file in rendered_files(rendered)]
    assert names == ["0001_00000_0.jpg", "0001_00001_0.jpg"]


def test_a_folder_without_finished_scenes_is_named(rendered: Path) -> None:
    for file in (rendered / "facts").iterdir():
        file.unlink()
    with pytest.raises(MediaError, match=r"holds no finished rendered scene .*: give a folder"):
        rendered_files(rendered)
    with pytest.raises(MediaError, match=r"nowhere holds no finished rendered scene"):
        rendered_files(rendered / "nowhere")


def test_missing_ids_are_named(rendered: Path) -> None:
    (rendered / "ids/0001_00000_0.png").unlink()
    with pytest.raises(MediaError, match=r"ids/0001_00000_0\.png is no picture"):
        read_rendered(rendered_files(rendered)[0])


def test_ids_of_another_size_are_named(rendered: Path) -> None:
    cv2.imwrite(str(rendered / "ids/0001_00000_0.png"), np.zeros((50, 60), np.uint8))
    with pytest.raises(MediaError, match=r"is 60x50 pixels and its picture 120x100: render"):
        read_rendered(rendered_files(rendered)[0])


def test_a_hand_of_nobody_is_named(rendered: Path) -> None:
    (rendered / "facts/0001_00000.json").write_text('{"people": [{"tone": 2, "gloved": false}]}')
    with pytest.raises(MediaError, match=r"a hand of id 4, but its facts tell of 1 people only"):
        read_rendered(rendered_files(rendered)[0])


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
        read_rendered(rendered_files(rendered)[0])
