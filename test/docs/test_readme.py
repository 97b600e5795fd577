"""Guards README: short, its commands understood, its figures the models', its picture moving."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import re

import pytest
from PIL import Image
from support.checkout import ROOT

from handseg_ros.cli.main import make_parser
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.session import read_description

README = (ROOT / "README.md").read_text(encoding="utf-8")
LAUNCH = (ROOT / "docs" / "reference" / "launch.md").read_text(encoding="utf-8")
LONGEST = 200
LARGEST_PICTURE = 3_000_000


def test_it_is_read_in_minutes() -> None:
    assert len(README.splitlines()) <= LONGEST


def test_the_commands_shown_are_understood() -> None:
    parser = make_parser()
    shown = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", README, re.M)
    assert len(shown) >= 6
    for command in shown:
        assert isinstance(parser.parse_args(command.split()), argparse.Namespace)


@pytest.mark.parametrize("name", ["hands", "hands_clean", "hands_fast", "hands_int8"])
def test_figures_are_those_in_the_model_files(name: str) -> None:
    scores = read_description(find_model(name)).scores
    figures = [
        f"{scores['rendered_multi_ap50']:.3f}",
        f"{scores['hgr_held_out_hand_iou']:.3f}",
        f"{scores['dev_ralf50_hand_iou']:.3f}",
        f"{scores['dev_irllabs20_hand_iou']:.3f}",
        f"{100 * scores['hand_free_all_marked']:.1f} %",
        f"{100 * scores['rendered_side_right']:.1f} %",
    ]
    (row,) = re.findall(rf"^\| `{name}` \|.*$", README, re.M)
    assert " | ".join(figures) in row


def test_it_leads_with_a_moving_picture() -> None:
    name = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)[0]
    picture = ROOT / name
    assert picture.stat().st_size <= LARGEST_PICTURE
    with Image.open(picture) as opened:
        assert getattr(opened, "n_frames", 1) > 10


def test_launch_files_named_are_those_that_exist() -> None:
    there = [*(ROOT / "launch").glob("*.launch.py"), *(ROOT / "examples").glob("*.launch.py")]
    names = {path.name for path in there}
    assert set(re.findall(r"`(\w+\.launch\.py)`", LAUNCH)) == names
    assert set(re.findall(r"\b(\w+\.launch\.py)\b", README)) <= names
