"""Guards the glossary: in order, its names in the code are there, its sources are listed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

from support.checkout import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in re.findall(r"^\|.*\|$", PAGE, re.M)
][2:]


def test_terms_are_in_order_and_explained() -> None:
    terms = [row[0] for row in ROWS]
    assert len(terms) > 50
    assert terms == sorted(terms, key=str.lower)
    assert all(len(row) == 4 and row[2] for row in ROWS)


def test_names_in_the_code_are_there() -> None:
    """Classes and named types as such, other words as a module or a word of one."""
    modules = list((ROOT / "handseg_ros").rglob("*.py"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    words = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[1])}
    classes = {name for name in words if re.match(r"[A-Z][a-z]", name)}
    assert len(classes) > 30
    for name in classes:
        assert re.search(rf"^(class {name}\b|{name} = )", text, re.M), name
    for name in words - classes - {path.stem for path in modules}:
        assert re.search(rf"\b{name}\b", text), name


def test_sources_are_listed() -> None:
    cited = {int(number) for row in ROWS for number in re.findall(r"\[(\d+)\]", row[3])}
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", PAGE, re.M)]
    assert listed == list(range(1, len(listed) + 1))
    assert cited == set(listed)
    records = {path.name[2:4].lstrip("0") for path in (ROOT / "docs" / "decisions").glob("0*.md")}
    named = {number for row in ROWS for number in re.findall(r"decision (\d+)", row[3])}
    assert named <= records
