"""What a user wants of an export, and what is reported when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.segmentation.description import ColourOrder


@dataclass(frozen=True)
class ExportRequest:
    """Which model to fold into which file, and how.

    `model` is a name or path; `colour` the order of the image that the file will take; `width`
    and `height` are the network's input in pixels, 0 for the model's own; `opset` is None for the
    network's own; with `blob` the image is one of OpenCV's blobs at the network's size; with
    `calibration`, a folder of pictures or a video, it will compute in 8 bits.
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


@dataclass(frozen=True)
class MaskAgreement:
    """How alike two models' masks are over some pictures.

    `differing` is the share of pixels that differ, `iou` that of all pictures together.
    """

    pictures: int
    differing: float
    iou: float

    def __str__(self) -> str:
        count = "1 picture" if self.pictures == 1 else f"{self.pictures} pictures"
        return f"{self.differing:.4%} of the pixels differ, IoU {self.iou:.4f}, {count}"


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
    fidelity: MaskAgreement
    precision: MaskAgreement | None
