"""The description that every model file carries: how to feed it, how to decode it, what it is.

The description is YAML text, kept in the ONNX file's metadata under `METADATA_KEY`, or, for a
foreign file, in `<stem>.yaml` beside it. docs/models-of-your-own.md explains each field. What
one family needs beyond the fields that all need is its decoder's business: `decoders`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import yaml

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.invalid_field import InvalidFieldError, not_allowed
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml
from handseg_ros.segmentation.validation import NotEmpty, Range, StrictFields, as_plain, read_as

METADATA_KEY = "handseg_description"
# Under which `handseg export` keeps it, in a file that this package does not run.
STANDALONE_KEY = "handseg_standalone"
LARGEST_SIDE = 4096
LARGEST_DESCRIPTION = 2**16  # characters; those of the shipped models have a tenth of that
FORMAT = 1
HAND = "hand"
LEFT_HAND = "left_hand"
RIGHT_HAND = "right_hand"
OBJECT = "object"
BACKGROUND = "background"
UNSTATED_LICENCE = "not told"
GUIDE = "docs/models-of-your-own.md"
# Fields that had another name before, which is read still.
_OLD_NAMES = {"overlap": "nms_iou_threshold"}

OutputLayout = Literal["NHWC", "NCHW", "HWC", "CHW", "NHW", "HW"]
ColourOrder = Literal["RGB", "BGR"]
Dtype = Literal["uint8", "float32", "float16"]
InputLayout = Literal["NHWC", "NCHW", "HWC", "CHW"]
BoxOrder = Literal["xyxy", "yxyx"]
MaskCover = Literal["box", "image"]
Resize = Literal["stretch", "letterbox", "letterbox_centre", "crop", "none"]
Activation = Literal["softmax", "sigmoid", "argmax", "class_map", "none"]
COLOUR_ORDERS: tuple[ColourOrder, ...] = get_args(ColourOrder)
Share = Annotated[float, Range(0.0, 1.0)]
Positive = Annotated[float, Range(above=0.0)]
Count = Annotated[int, Range(1)]
Pixels = Annotated[int, Range(1, LARGEST_SIDE)]
ByteValue = Annotated[int, Range(0, 255)]
Name = Annotated[str, NotEmpty()]
# Of an input that is no image: the same number everywhere, or its elements one after the other.
Constant = bool | float | tuple[float, ...]


@dataclass(frozen=True)
class Thresholds(StrictFields):
    """Where a hand begins.

    `score` and `mask` are probabilities between 0 and 1; `minimum_area` is the smallest hand
    kept, as a share of the frame's pixels. A value outside its range raises ValueError.
    """

    score: Share
    mask: Annotated[float, Range(0.01, 0.99)]
    minimum_area: Share


@dataclass(frozen=True)
class InputDescription(StrictFields):
    """How the network wants its image: `width` and `height` are the default input size in pixels.

    `background` is the graph's name of a second input, which takes a picture of the same kind;
    `constants` are inputs that always get the same numbers, by the graph's names. Of a `batch`
    above 1 the frame fills every slot, and the first output counts.
    Where `resize` is none, each image is an input of its own size, and they only tell the size of
    the image that the network is tried with.
    A float input is (pixel * scale - mean) / std, pixel being 0 to 255, mean and std in the
    order of `colour`. A value outside its range raises ValueError.
    """

    name: Name
    layout: InputLayout
    dtype: Dtype
    colour: ColourOrder
    width: Pixels
    height: Pixels
    multiple_of: Count
    resize: Resize
    size: Literal["free", "fixed"] = "free"
    batch: Count = 1
    background: Name | None = None
    constants: Mapping[str, Constant] = field(default_factory=dict)
    scale: Positive | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[Positive, Positive, Positive] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_size()
        self._check_numbers()
        if self.batch > 1 and not self.layout.startswith("N"):
            raise not_allowed(self.batch, f"1 where input.layout is {self.layout}", "batch")
        for name in self.constants:
            if name in self.names:
                raise not_allowed(name, "another input than those of images", "constants")

    def _check_size(self) -> None:
        for name, size in (("width", self.width), ("height", self.height)):
            if size % self.multiple_of:
                raise not_allowed(size, f"a multiple of {self.multiple_of}", name)
        if self.resize == "none" and self.size == "fixed":
            raise not_allowed(self.resize, "another one where input.size is fixed", "resize")
        if self.resize == "none" and self.multiple_of != 1:
            raise not_allowed(self.multiple_of, "1 where input.resize is none", "multiple_of")

    def _check_numbers(self) -> None:
        for name in ("scale", "mean", "std"):
            value = getattr(self, name)
            if self.dtype != "uint8" and value is None:
                problem = f"is missing, but must be given where input.dtype is {self.dtype}"
                raise InvalidFieldError((name,), problem)
            if self.dtype == "uint8" and value is not None:
                raise not_allowed(value, "left out where input.dtype is uint8", name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the graph's names of its inputs that take images, the frame's first."""
        return (self.name,) if self.background is None else (self.name, self.background)


@dataclass(frozen=True)
class ModelDescription(StrictFields):
    """Everything the core and the user need to know of a model file.

    `outputs` are the graph's names by their role; `classes` are in the order of the network's
    channels or labels; of two boxes of a class with an intersection over union above
    `nms_iou_threshold` one
    is left out, and it is None where the graph sees to that; outputs are multiplied with
    `output_scale`, None being 1; `colours` are RGB. `licence` is the
    weights file's own, `data_licence` what the licences of the training data allow. A value that
    is not allowed raises ValueError.
    """

    name: Name
    version: Name
    family: str
    classes: Annotated[tuple[Name, ...], NotEmpty()]
    input: InputDescription
    outputs: Mapping[str, str]
    thresholds: Thresholds
    licence: str
    data_licence: str = UNSTATED_LICENCE
    stride: Count | None = None
    output_layout: OutputLayout | None = None
    output_scale: Positive | None = None
    activation: Activation | None = None
    box_order: BoxOrder | None = None
    mask_covers: MaskCover | None = None
    nms_iou_threshold: Share | None = None
    colours: Mapping[str, tuple[ByteValue, ByteValue, ByteValue]] = field(default_factory=dict)
    training_data: tuple[Mapping[str, str], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not {HAND, LEFT_HAND, RIGHT_HAND} & set(self.classes):
            raise not_allowed(list(self.classes), f"names of which one is '{HAND}'", "classes")
        if len(set(self.classes)) < len(self.classes):
            raise not_allowed(list(self.classes), "names that differ", "classes")
        unknown = [name for name in self.colours if name not in self.classes]
        if unknown:
            raise not_allowed(unknown, f"for some of {', '.join(self.classes)}", "colours")

    @property
    def title(self) -> str:
        """Return name and version, as messages and diagnostics give them."""
        return f"{self.name} {self.version}"

    def to_yaml(self) -> str:
        """Return the text that `parse_description` reads back to an equal description."""
        fields = {"format": FORMAT, **_without_none(as_plain(self))}
        return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if value is not None
    }


def parse_description(text: str, origin: str) -> ModelDescription:
    """Read a description from YAML text; `origin` names the file in error messages.

    Raises ModelError when the text is too long, is no YAML mapping, lacks a field or holds a bad
    value.
    """
    if len(text) > LARGEST_DESCRIPTION:
        raise ModelError(
            f"the description in {origin} is longer than the {LARGEST_DESCRIPTION} characters that "
            "are read: shorten its texts"
        )
    try:
        fields = read_plain_yaml(text)
    except PlainYamlError as error:
        raise ModelError(
            f"the description in {origin} is not YAML ({error}): correct it or export again"
        ) from error
    if not isinstance(fields, dict):
        raise ModelError(f"the description in {origin} is no YAML mapping: export the model again")
    if fields.pop("format", None) != FORMAT:
        raise ModelError(
            f"the description in {origin} does not say 'format: {FORMAT}', the only one this "
            "version reads: export the model again or install the version that wrote it"
        )
    for old, new in _OLD_NAMES.items():
        if old in fields and new not in fields:
            fields[new] = fields.pop(old)
    try:
        return read_as(ModelDescription, fields)
    except InvalidFieldError as error:
        raise ModelError(
            f"the description in {origin} cannot be used, as {error}: correct it (see {GUIDE})"
        ) from error
