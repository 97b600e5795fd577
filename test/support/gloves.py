"""Some of the repository's rendered pictures of gloved hands, and of others to mix in."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from pathlib import Path

from support.checkout import ROOT

GLOVES = ROOT / "assets" / "gloved_hands"
MIX = ROOT / "assets" / "training_pictures"


def take_scenes(source: Path, out: Path, scenes: int) -> Path:
    """Copy the first scenes of a folder of rendered ones, two views each; returns `out`."""
    for part in ("images", "ids", "facts"):
        (out / part).mkdir(parents=True)
    for facts in sorted((source / "facts").glob("*.json"))[:scenes]:
        shutil.copy(facts, out / "facts")
        for image in sorted((source / "images").glob(f"{facts.stem}_*.jpg"))[:2]:
            shutil.copy(image, out / "images")
            shutil.copy(source / "ids" / f"{image.stem}.png", out / "ids")
    return out
