"""What Python files import, read from their syntax trees without running them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, wherever the statement stands.

    `from a.b import c` and `import_module("a.b")` yield `a.b`; there are no relative imports here.
    """
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            yield node.module or ""
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "find_spec"):
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def imported_distributions(folder: Path) -> set[str]:
    """The top-level names that the Python files below `folder` import."""
    return {
        module.partition(".")[0]
        for path in folder.rglob("*.py")
        for module in imported_modules(path)
    }
