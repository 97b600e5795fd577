"""Guards docs/reliability.md against the code: its limits, tests and commands are the real ones."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

from support.cases import MORE
from support.checkout import ROOT

from handseg_ros.bags.bag import LARGEST_MESSAGE
from handseg_ros.image_messages.layout import LARGEST_SIDE
from handseg_ros.segmentation.description import LARGEST_DESCRIPTION
from handseg_ros.segmentation.model_file import LARGEST_MODEL

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_limits_are_those_of_the_code() -> None:
    assert f"| {LARGEST_SIDE} pixels |" in PAGE
    assert f"| {LARGEST_MODEL // 2**30} GiB |" in PAGE
    assert f"| {LARGEST_DESCRIPTION:,} characters, " in PAGE
    assert f"| {LARGEST_MESSAGE // 2**20} MiB unpacked |" in PAGE
    faults = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
    assert f"a side of more than {LARGEST_SIDE} pixels" in faults


def test_tests_and_commands_named_are_there() -> None:
    named = set(re.findall(r"`(test_\w+\.py)`", PAGE))
    there = {path.name for path in (ROOT / "test").rglob("test_*.py")}
    assert named
    assert named <= there
    assert {path.name for path in (ROOT / "test" / "faults").glob("test_*.py")} <= named
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)`", PAGE):
        assert re.search(rf"^{target}:", makefile, re.M)


def test_as_many_cases_are_told_as_are_tried() -> None:
    """A test that is tried in two ways tries twice as many."""
    asked = 0
    for file in (ROOT / "test" / "faults").glob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        rows = "".join(line for line in PAGE.splitlines() if f"`{file.name}`" in line)
        told = {int(number.replace(",", "")) for number in re.findall(r"\| ([\d,]+) \|", rows)}
        named = re.findall(r"^[A-Z_, ]+_CASES = ([\d, ]+)$", text, re.M)
        named += re.findall(r"@cases\((\d+)\)", text)
        for count in map(int, re.findall(r"\d+", " ".join(named))):
            assert told & {MORE * count, 2 * MORE * count}, (file.name, count)
            asked += 1
    assert asked >= 10


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
