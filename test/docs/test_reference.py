"""Guards the tables of reference: each says what the code says, and none is missing."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
from support.checkout import ROOT

from documentation.tables import TABLES, filled, tables_in

PAGES = sorted((ROOT / "docs").rglob("*.md"))
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
WITH_TABLES = [path for path in PAGES if tables_in(TEXTS[path])]


@pytest.mark.parametrize("path", WITH_TABLES, ids=lambda path: path.name)
def test_tables_are_those_of_the_code(path: Path) -> None:
    assert filled(TEXTS[path]) == TEXTS[path], "write them anew: make docs-tables"


def test_every_table_has_its_one_place() -> None:
    placed = [name for path in WITH_TABLES for name in tables_in(TEXTS[path])]
    assert sorted(placed) == sorted(TABLES)


def test_every_message_and_service_has_a_table() -> None:
    interfaces = {path.stem for kind in ("msg", "srv") for path in (ROOT / kind).iterdir()}
    assert interfaces <= set(TABLES)


def test_a_table_that_is_old_is_told() -> None:
    page = "before\n<!-- table: output topics -->\nold\n<!-- end -->\nafter\n"
    assert "| `~/hands` | handseg_ros/HandInstances |" in filled(page)
    assert filled(page).startswith("before\n")
    assert filled(page).endswith("<!-- end -->\nafter\n")
    with pytest.raises(KeyError):
        filled("<!-- table: nothing -->\n<!-- end -->\n")
