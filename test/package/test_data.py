"""Guards that data stay data: nothing the package reads from a file can make it run something."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.checkout import ROOT
from support.imports import imported_modules

CODE = sorted((ROOT / "handseg_ros").rglob("*.py"))
# What they read may hold objects of any class, which run code when they are made.
UNSAFE_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {
    *("eval", "exec", "os.system", "os.popen"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"),
}
# What must be said where a function would else trust its file, or the other way round.
WANTED = {"torch.load": ("weights_only", True)}
UNWANTED = {"allow_pickle", "shell", "trust_remote_code"}


def calls(path: Path) -> Iterator[tuple[str, dict[str | None, Any]]]:
    """Yield every call in a file: what is called, and its named arguments that are constants."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Call):
            named = {
                word.arg: word.value.value
                for word in node.keywords
                if isinstance(word.value, ast.Constant)
            }
            yield ast.unparse(node.func), named


def trusting(path: Path) -> list[str]:
    """Return what of a file would trust the data that it reads."""
    found = [name for name in imported_modules(path) if name.partition(".")[0] in UNSAFE_MODULES]
    for name, named in calls(path):
        if name in UNSAFE_CALLS or any(named.get(word) for word in UNWANTED):
            found.append(name)
        if name in WANTED and named.get(WANTED[name][0]) is not WANTED[name][1]:
            found.append(name)
    return found


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_read_is_run(path: Path) -> None:
    assert trusting(path) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "yaml.load(text)",
        "np.load(file, allow_pickle=True)",
        "torch.load(file)",
        "torch.load(file, weights_only=False)",
        "subprocess.run(text, shell=True)",
        "eval(text)",
    ],
)
def test_what_would_be_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"{line}\n")
    assert len(trusting(file)) == 1
