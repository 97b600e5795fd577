"""What a user wants of an export, and what is reported when it is done."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.segmentation.description import ColourOrder
from handseg_ros.segmentation.hands import MAX_HANDS

# What other rounding explains: a hand on the border of being one is another matter.
_LARGEST_SHARE = 0.0005
_LARGEST_SCORE = 1e-3
_LARGEST_STEP = 1.0


@dataclass(frozen=True)
class ExportRequest:
    """Which model to fold into which file, and how.

    `model` is a name or path; `colour` the order of the image that the file will take; `width`
    and `height` are the network's input in pixels, 0 for the model's own; `opset` is None for the
    network's own; with `blob` the image is one of OpenCV's blobs at the network's size; with
    `calibration`, a folder of pictures or a video, it will compute in 8 bits. With `instances` it
    gives single hands, at most `max_hands`, in place of one mask; families whose decoder makes no
    mask but by hands do so anyway. `score` and `mask` are thresholds in place of the model's own.
    """

    model: str
    output: Path
    colour: ColourOrder = "RGB"
    width: int = 0
    height: int = 0
    opset: int | None = None
    simplify: bool = False
    blob: bool = False
    calibration: str | None = None
    instances: bool = False
    max_hands: int = MAX_HANDS
    score: float | None = None
    mask: float | None = None


@dataclass(frozen=True)
class MaskAgreement:
    """How alike two models' masks are over some pictures.

    `differing` is the share of pixels that differ, `iou` that of all pictures together; `marked`
    are the pixels that one of both marks.
    """

    pictures: int
    differing: float
    iou: float
    marked: int

    def __str__(self) -> str:
        count = "1 picture" if self.pictures == 1 else f"{self.pictures} pictures"
        if not self.marked:
            return f"both find nothing in {count}, so that little is known of how alike they are"
        return f"{self.differing:.4%} of the pixels differ, IoU {self.iou:.4f}, {count}"


@dataclass(frozen=True)
class InstanceAgreement:
    """How alike the hands of two models are over some pictures, the n-th beside the n-th.

    `pictures` and `instances` are counts, `strays` how many more one of them has, `sides` how many
    differ; `step` is the most by which an edge of a box differs in pixels, `score` the same of
    scores; `differing` is the share of the hands' pixels that differ.
    """

    pictures: int
    instances: int
    strays: int
    sides: int
    step: float
    score: float
    differing: float

    @property
    def is_close(self) -> bool:
        """Whether nothing differs by more than rounding explains."""
        return (
            self.strays == 0
            and self.sides == 0
            and self.step <= _LARGEST_STEP
            and self.score <= _LARGEST_SCORE
            and self.differing <= _LARGEST_SHARE
        )

    def __str__(self) -> str:
        pictures = "1 picture" if self.pictures == 1 else f"{self.pictures} pictures"
        if not self.instances and not self.strays:
            return f"both find nothing in {pictures}, so that little is known of how alike they are"
        return (
            f"{self.instances} hands and objects in {pictures}, {self.strays} in one of both "
            f"alone, {self.sides} other sides, boxes up to {self.step:.0f} pixels apart, scores "
            f"{self.score:.1e}, {self.differing:.4%} of their pixels differ"
        )


@dataclass(frozen=True)
class ExportResult:
    """What was written: its outputs, its operators' version, its input size as (height, width).

    `input_text` and `output_text` are what its images and masks are, in words.
    `fidelity` compares the graph in full precision with the model itself, `precision` the one of
    8 bits with that graph, and is None where that was not asked for.
    """

    outputs: tuple[str, ...]
    input_text: str
    output_text: str
    opset: int
    input_size: tuple[int, int]
    fidelity: MaskAgreement | InstanceAgreement
    precision: MaskAgreement | None
