"""The repository's own pictures of hands."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "assets"
PICTURE = _FOLDER / "rendered_hands.png"
CLIP = _FOLDER / "rendered_hands.avi"
