"""Guards the page on data sets: every format and field stands there, and its commands run."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

from handseg_ros.cli.main import make_parser
from handseg_ros.datasets.coco import records
from handseg_ros.datasets.conversion import folder
from handseg_ros.datasets.conversion.labels import KNOWN_LABELS
from handseg_ros.datasets.conversion.registry import FORMATS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


def test_every_format_has_its_row_with_what_was_checked() -> None:
    table = PAGE.partition("<!-- formats -->")[2].partition("<!-- end -->")[0]
    (header, _), *rows = re.findall(r"^\| `([\w-]+)` \|(.*)\|$", table, re.M)
    assert header == "--format"
    assert [name for name, _ in rows] == [item.name for item in FORMATS]
    for name, row in rows:
        source, becomes, numbers, checked = (cell.strip() for cell in row.split("|"))
        assert source, name
        assert becomes, name
        assert numbers, name
        assert checked, name
        for number in re.findall(r"\[(\d)\]", numbers):
            assert re.search(rf"^{number}\. ", PAGE, re.M), name


def test_every_file_field_and_category_stands_there() -> None:
    for name in (folder.ANNOTATIONS, folder.PICTURES, folder.MEMBERS, folder.FACTS):
        assert f"| `{name}" in PAGE
    fields = (records.SOURCE, records.SEQUENCE, records.PERSON, records.TAGS, records.ORIENTATION)
    for name in fields:
        assert f"| `{name}` |" in PAGE
    for name in (records.TOGETHER, records.TRACK):
        assert f"| `attributes.{name}` |" in PAGE
    for item in (*records.CATEGORIES, records.PERSON_CATEGORY):
        assert f"`{item['name']}` ({item['id']})" in " ".join(PAGE.split())
    assert all(f"`{label}`" in PAGE for label in KNOWN_LABELS)


def test_the_commands_are_understood() -> None:
    commands = re.findall(r"^handseg (.*?)(?:\s+#.*)?$", PAGE, re.M)
    assert len(commands) == 8
    for command in commands:
        assert make_parser().parse_args(command.split()).action
