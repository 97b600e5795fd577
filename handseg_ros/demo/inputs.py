"""What the demo shows to the node: the user's own input, real pictures, or the rendered clip."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.media.sources import FrameSource, open_source
from handseg_ros.segmentation.errors import MediaError

_PICTURES_A_SECOND = 5.0
_CAMERA_SECONDS = 15.0


@dataclass(frozen=True)
class DemoSource:
    """One source to be played by image_source_node.

    `rate` is in frames a second, 0 for the source's own; `length` is None where it is not known;
    a part of a camera ends after `seconds`.
    """

    source: str
    rate: float
    length: int | None
    seconds: float | None


@dataclass(frozen=True)
class DemoInput:
    """The parts to play one after the other, and how to name them in the table."""

    name: str
    sources: tuple[DemoSource, ...]


def choose_input(own: str, pictures: Path | None, clip: Path | None) -> DemoInput:
    """Return the user's `own` input if given, else real pictures if there, else the clip.

    `pictures` is the unpacked npm package fingerpose, `clip` the rendered video.
    Raises MediaError when nothing of that can be read.
    """
    if own:
        return DemoInput(own, (_demo_source(own),))
    if pictures is not None and (pictures / "assets").is_dir():
        # The webcam clip first, then the three photos.
        sources = (pictures / "assets" / "fingers-lq.gif", pictures / "assets")
        name = "webcam clip and photos of the npm package fingerpose (MIT)"
        return DemoInput(name, tuple(_demo_source(str(source)) for source in sources))
    if clip is not None:
        return DemoInput(
            "clip rendered by this project (npm could not bring real pictures)",
            (_demo_source(str(clip)),),
        )
    raise MediaError(
        "the demo has nothing to show: give INPUT=, a video, a folder of pictures or a camera"
    )


def _demo_source(source: str) -> DemoSource:
    opened: FrameSource = open_source(source)
    if Path(source).exists():
        source = str(Path(source).resolve())
    rate = 0.0 if opened.live or opened.rate else _PICTURES_A_SECOND
    return DemoSource(source, rate, opened.length, _CAMERA_SECONDS if opened.live else None)
