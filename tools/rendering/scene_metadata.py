"""What is known of a rendered scene beside its pictures: whose hands the ids are (JSON)."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rendering.scene_spec import SceneSpec


@dataclass(frozen=True)
class PersonMetadata:
    """Person k of a scene has the ids 2k + 1 (left) and 2k + 2 (right). tone: Monk 1 to 10."""

    tone: int
    gloved: bool


def path(out: Path, scene: str) -> Path:
    """The file that holds a scene's metadata."""
    return out / "facts" / f"{scene}.json"


def write(spec: SceneSpec, file: Path) -> None:
    """Write the metadata of a scene."""
    people = [PersonMetadata(person.tone, person.outfit.glove > 0) for person in spec.people]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"people": [asdict(person) for person in people]}), "utf-8")
