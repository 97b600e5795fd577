"""Names for results, one for each input, so that no result takes another's place."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath


def output_names(files: Sequence[tuple[Path, Path]]) -> list[str]:
    """Return a name without suffix for each input file, given with the folder it was asked for in.

    A name is the file's path below that folder, folders included, as `left/0001`. Where two were
    the same, all are paths below the folder that all files share; what is the same then, as of
    `a.png` and `a.jpg`, keeps its suffix: `a.png`, `a.jpg`. Capitals make no difference, as some
    file systems know none.
    """
    paths = [_below(file, root) for file, root in files]
    if _repeated(_stem(path) for path in paths):
        shared = _shared_folder([file for file, _ in files])
        paths = [_below(file, shared) for file, _ in files]
    repeated = _repeated(_stem(path) for path in paths)
    names = [str(path) if _stem(path).casefold() in repeated else _stem(path) for path in paths]
    return _numbered(names)


def _below(file: Path, folder: Path) -> PurePath:
    return PurePath(os.path.relpath(os.path.abspath(file), os.path.abspath(folder)))


def _shared_folder(files: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([os.path.dirname(os.path.abspath(file)) for file in files]))


def _stem(path: PurePath) -> str:
    return str(path.with_suffix(""))


def _repeated(names: Iterable[str]) -> set[str]:
    counts = Counter(name.casefold() for name in names)
    return {name for name, count in counts.items() if count > 1}


def _numbered(names: Sequence[str]) -> list[str]:
    """Give what is still the same a number at its end."""
    taken: set[str] = set()
    unique = []
    for name in names:
        free, number = name, 2
        while free.casefold() in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free.casefold())
        unique.append(free)
    return unique
