"""Guards the line of licence that every source file has, once."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest

from release.licence_lines import LICENCE, ROOT, licensed, sources


def test_every_source_file_has_its_line() -> None:
    """`PYTHONPATH=tools python -m release.licence_lines` writes those that are missing."""
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sources()}
    assert "setup.py" in texts
    assert "msg/HandInstance.msg" in texts
    assert [name for name, text in texts.items() if LICENCE not in text] == []


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.py", '"""What it is."""\n\nx = 1\n', '"""What it is."""\n\n# {}\n\nx = 1\n'),
        ("a.py", "#!/usr/bin/env python3\nx = 1\n", "#!/usr/bin/env python3\n# {}\nx = 1\n"),
        ("a.py", "", "# {}\n"),
        ("a.msg", "# One hand.\nint8 x\n", "# One hand.\nint8 x\n\n# {}\n"),
        ("a.js", "let x\n", "// {}\nlet x\n"),
        ("a.html", "<!doctype html>\n<p>\n", "<!doctype html>\n<!-- {} -->\n<p>\n"),
        (
            "package.xml",
            '<?xml version="1.0"?>\n<p/>\n',
            '<?xml version="1.0"?>\n<!-- {} -->\n<p/>\n',
        ),
    ],
)
def test_the_line_goes_where_its_kind_of_file_has_it(
    tmp_path: Path, name: str, before: str, after: str
) -> None:
    path = tmp_path / name
    path.write_text(before)
    assert licensed(path) == after.format(LICENCE)
    path.write_text(licensed(path))
    assert licensed(path) == path.read_text()
