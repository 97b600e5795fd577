"""`run.json` of a run's folder: what made it, so that it can be made again, and not mixed up."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from handseg_ros import __version__
from handseg_ros.media.atomic_files import write_text
from handseg_ros.segmentation.validation import as_plain
from handseg_ros.training.config import ConfigError

RUN = "run.json"
_PACKAGES = ("numpy", "onnx", "onnxruntime", "opencv-python-headless", "torch")


@dataclass(frozen=True)
class DataRecord:
    """A set that a run has to do with: its title, how many pictures of it, and their digest."""

    title: str
    use: str
    pictures: int
    sha256: str


@dataclass(frozen=True)
class RunRecord:
    """What a run is made of. `config` is plain data; `start` names the weights it begins with."""

    config: Mapping[str, Any]
    seed: int
    start: str
    data: tuple[DataRecord, ...]
    training: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    split_by: str = ""
    notes: tuple[str, ...] = field(default=())


def begin_run(folder: Path, record: RunRecord) -> None:
    """Write the record into a run's folder, or go on with a run of the same data and start.

    Whether the configuration may differ is the checkpoint's to say (see `resuming`). Raises
    ConfigError where data, their split or the first weights are others than when it was begun, and
    for a folder that holds anything else.
    """
    file = folder / RUN
    plain = as_plain(record)
    if file.exists():
        _check_same(file, plain)
    elif folder.exists() and any(folder.iterdir()):
        raise ConfigError(
            f"'{folder}' holds something already that is of no training run: choose a new folder"
        )
    content = {"format": 1, **plain, "made_by": environment()}
    write_text(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def recorded_start(folder: Path) -> str | None:
    """Return what a run that was begun in a folder started from, None where there is none."""
    try:
        return str(json.loads((folder / RUN).read_bytes())["start"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _check_same(file: Path, plain: Mapping[str, Any]) -> None:
    try:
        begun = json.loads(file.read_bytes())
        changed = [
            name for name in ("start", "data", "training", "held_out") if begun[name] != plain[name]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"'{file}' is no record of a training run ({error}): train into another folder"
        ) from error
    if changed:
        raise ConfigError(
            f"the run in '{file.parent}' was begun with other {' and '.join(changed)}: train into "
            "another folder"
        )


def environment() -> dict[str, Any]:
    """Return versions of the package and of what it stands on, and the state of git here."""
    return {
        "handseg_ros": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git": _git(),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git() -> dict[str, Any] | None:
    """Return the commit of the folder that the command runs in; None where there is none."""
    try:
        commit = _run_git("rev-parse", "HEAD")
        return {
            "commit": commit.strip(),
            "changed": bool(_run_git("status", "--porcelain").strip()),
        }
    except (OSError, subprocess.SubprocessError):
        return None


def _run_git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout
