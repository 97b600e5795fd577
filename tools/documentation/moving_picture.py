"""Makes README's moving picture: `python tools/documentation/moving_picture.py`.

On the left the clip of this repository, on the right what `handseg run` makes of it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from handseg_ros.cli.main import main as handseg
from handseg_ros.media import open_source

ASSETS = Path(__file__).resolve().parents[2] / "assets"
CLIP, TARGET = ASSETS / "rendered_hands.avi", ASSETS / "found_hands.webp"
MILLISECONDS = 100
QUALITY = 80


def frames(video: Path) -> list[np.ndarray]:
    """Return all frames of a video: uint8 (height, width, 3), BGR."""
    return [frame.image for frame in open_source(str(video))]


def main() -> None:
    """Write the picture anew."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "found.mkv")
        if code := handseg(["run", str(CLIP), "--overlay", "-s", str(found)]):
            raise SystemExit(code)
        pairs = zip(frames(CLIP), frames(found), strict=True)
        pictures = [
            Image.fromarray(cv2.cvtColor(np.hstack(pair), cv2.COLOR_BGR2RGB)) for pair in pairs
        ]
    first, *others = pictures
    first.save(
        TARGET,
        save_all=True,
        append_images=others,
        duration=MILLISECONDS,
        loop=0,
        quality=QUALITY,
        method=6,
    )


if __name__ == "__main__":
    main()
