"""Reads a Dockerfile of the few instructions that a chroot can follow.

Format: docs.docker.com/reference/dockerfile. Known are ARG, FROM … AS, RUN (shell form), COPY of
the whole context or of a folder of another stage, USER, WORKDIR, ENV (one `name=value`) and
ENTRYPOINT. Variables are the ARGs; they are filled in outside of RUN, where the shell does it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FILLED_IN = {"COPY", "USER", "WORKDIR"}
_KNOWN = {"RUN", "ENV", "ENTRYPOINT", *_FILLED_IN}


class StepError(Exception):
    """A line of the Dockerfile that cannot be followed; the text names it."""


@dataclass(frozen=True)
class Step:
    """One instruction, and what it says."""

    word: str
    text: str


@dataclass(frozen=True)
class Stage:
    """A stage: its name, what it starts from, its arguments and its steps in their order."""

    name: str
    base: str
    arguments: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def read_stages(path: Path, given: dict[str, str]) -> dict[str, Stage]:
    """The stages by name; `given` is in place of defaults of ARGs. StepError names a bad line."""
    defaults: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for line in _lines(path):
        word, _, text = line.partition(" ")
        if word == "FROM":
            named = re.fullmatch(r"(\S+) AS (\w+)", text)
            if not named:
                raise StepError(f"{path.name}: '{line}' has no 'AS name'")
            stage = stages[named[2]] = Stage(named[2], named[1])
        elif word == "ARG":
            name, _, value = text.partition("=")
            if stage is None:
                defaults[name] = given.get(name, value)
            else:
                stage.arguments[name] = defaults[name]
        elif stage is None or word not in _KNOWN:
            raise StepError(f"{path.name}: '{line}' is no instruction that a chroot can follow")
        else:
            stage.steps.append(Step(word, _filled(text, stage) if word in _FILLED_IN else text))
    return stages


def with_bases(stages: dict[str, Stage], name: str) -> list[Stage]:
    """The stage and those that it stands on, the first one first."""
    stage = stages[name]
    return [*(with_bases(stages, stage.base) if stage.base in stages else []), stage]


def _filled(text: str, stage: Stage) -> str:
    return re.sub(r"\$(\w+)", lambda found: stage.arguments[found[1]], text)


def _lines(path: Path) -> list[str]:
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
