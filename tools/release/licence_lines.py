"""Gives each source file its line of licence where it has none: `python -m release.licence_lines`.

The line is SPDX's short form (spdx.dev/ids). In Python it comes after the docstring, which is a
file's first line here; messages have theirs last, as their first comment tells what they are.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

LICENCE = "SPDX-License-Identifier: Apache-2.0"
ROOT = Path(__file__).resolve().parents[2]


def _after_docstring(text: str, line: str) -> str:
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    first = body[0] if body else None
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_docstring and isinstance(first, ast.Expr):
        end = first.end_lineno or 0
        return "".join([*lines[:end], f"\n{line}\n", *lines[end:]])
    begin = int(text.startswith("#!"))
    return "".join([*lines[:begin], f"{line}\n", *lines[begin:]])


def _first(text: str, line: str) -> str:
    begin = text.index("\n") + 1 if text.startswith(("#!", "<!", "<?")) else 0
    return f"{text[:begin]}{line}\n{text[begin:]}"


def _last(text: str, line: str) -> str:
    return f"{text.rstrip()}\n\n{line}\n"


# By a file's ending, or its name where that tells more: the line and where it goes.
Place = tuple[str, Callable[[str, str], str]]
PLACES: dict[str, Place] = {
    ".py": (f"# {LICENCE}", _after_docstring),
    ".msg": (f"# {LICENCE}", _last),
    ".srv": (f"# {LICENCE}", _last),
    ".cmake": (f"# {LICENCE}", _first),
    ".toml": (f"# {LICENCE}", _first),
    ".js": (f"// {LICENCE}", _first),
    ".cjs": (f"// {LICENCE}", _first),
    ".css": (f"/* {LICENCE} */", _first),
    ".html": (f"<!-- {LICENCE} -->", _first),
    ".jinja": (f"{{#- {LICENCE} -#}}", _first),
    ".cuda": (f"# {LICENCE}", _last),
    "CMakeLists.txt": (f"# {LICENCE}", _first),
    "Dockerfile": (f"# {LICENCE}", _last),
    "Makefile": (f"# {LICENCE}", _last),
    "package.xml": (f"<!-- {LICENCE} -->", _first),
}


def sources() -> list[Path]:
    """The tracked files that have such a line, or want one."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if _place(path) and path.is_file()]


def _place(path: Path) -> Place | None:
    return PLACES.get(path.name) or PLACES.get(path.suffix)


def licensed(path: Path) -> str:
    """The text of a source file with its line of licence, which it may have already."""
    text = path.read_text(encoding="utf-8")
    place = _place(path)
    if place is None or place[0] in text.splitlines():
        return text
    line, put = place
    return put(text, line)


def main() -> int:
    """Write the lines that are missing, and tell where."""
    for path in sources():
        text = licensed(path)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
