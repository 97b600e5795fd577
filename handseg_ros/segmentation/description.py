"""The description that every model file carries: how to feed it, how to decode it, what it is.

The description is YAML text, kept in the ONNX file's metadata under `METADATA_KEY`, or, for a
foreign file, in `<stem>.yaml` beside it. docs/models-of-your-own.md explains each field. What
one family needs beyond the fields that all need is that family's business: `family.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml

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
GUIDE = "docs/models-of-your-own.md"

Layout = Literal["NHWC", "NCHW"]
InputLayout = Literal["NHWC", "NCHW", "HWC", "CHW"]
BoxOrder = Literal["xyxy", "yxyx"]
MaskCover = Literal["box", "image"]
Activation = Literal["softmax", "sigmoid", "argmax", "none"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Pixels = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
ByteValue = Annotated[int, Field(ge=0, le=255)]
Name = Annotated[str, Field(min_length=1)]

# A YAML 1.0 is a number, but a version is a text.
_CONFIG = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


@dataclass(frozen=True, config=_CONFIG)
class Thresholds:
    """Where a hand begins.

    `score` and `mask` are probabilities between 0 and 1; `minimum_area` is the smallest hand
    kept, as a share of the frame's pixels. A value outside its range raises ValueError.
    """

    score: Share
    mask: Annotated[float, Field(ge=0.01, le=0.99)]
    minimum_area: Share


@dataclass(frozen=True, config=_CONFIG)
class InputDescription:
    """How the network wants its image: `width` and `height` are the default canvas in pixels.

    `background` is the graph's name of a second input, which takes a picture of the same kind.
    Where `resize` is none, each image is a canvas of its own size, and they only tell the size of
    the image that the network is tried with.
    A float32 input is (pixel * scale - mean) / std, pixel being 0 to 255, mean and std in the
    order of `colour`. A value outside its range raises ValueError.
    """

    name: Name
    layout: InputLayout
    dtype: Literal["uint8", "float32"]
    colour: Literal["RGB", "BGR"]
    width: Pixels
    height: Pixels
    multiple_of: Count
    resize: Literal["stretch", "letterbox", "letterbox_centre", "crop", "none"]
    size: Literal["free", "fixed"] = "free"
    background: Name | None = None
    scale: Positive | None = None
    mean: tuple[Finite, Finite, Finite] | None = None
    std: tuple[Positive, Positive, Positive] | None = None

    @model_validator(mode="after")
    def _check_together(self) -> InputDescription:
        for name, size in (("width", self.width), ("height", self.height)):
            if size % self.multiple_of:
                raise _wrong(f"input.{name}", size, f"a multiple of {self.multiple_of}")
        if self.resize == "none" and self.size == "fixed":
            raise _wrong("input.resize", self.resize, "another one where input.size is fixed")
        if self.resize == "none" and self.multiple_of != 1:
            raise _wrong("input.multiple_of", self.multiple_of, "1 where input.resize is none")
        for name in ("scale", "mean", "std"):
            value = getattr(self, name)
            if self.dtype == "float32" and value is None:
                raise ValueError(
                    f"'input.{name}' is missing, but must be given where input.dtype is float32"
                )
            if self.dtype == "uint8" and value is not None:
                raise _wrong(f"input.{name}", value, "left out where input.dtype is uint8")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the graph's names of its inputs, the frame's first."""
        return (self.name,) if self.background is None else (self.name, self.background)


@dataclass(frozen=True, config=_CONFIG)
class ModelDescription:
    """Everything the core and the user need to know of a model file.

    `outputs` are the graph's names by their role; `classes` are in the order of the network's
    channels or labels; of two boxes of a class with an intersection over union above `overlap` one
    is left out, and it is None where the graph sees to that; `colours` are RGB. A value that is
    not allowed raises ValueError.
    """

    name: Name
    version: Name
    family: str
    classes: Annotated[tuple[Name, ...], Field(min_length=1)]
    input: InputDescription
    outputs: Mapping[str, str]
    thresholds: Thresholds
    licence: str
    stride: Count | None = None
    output_layout: Layout | None = None
    activation: Activation | None = None
    box_order: BoxOrder | None = None
    mask_covers: MaskCover | None = None
    overlap: Share | None = None
    colours: Mapping[str, tuple[ByteValue, ByteValue, ByteValue]] = Field(default_factory=dict)
    training_data: tuple[Mapping[str, str], ...] = ()
    scores: Mapping[str, float] = Field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""

    @model_validator(mode="after")
    def _check_classes(self) -> ModelDescription:
        if not {HAND, LEFT_HAND, RIGHT_HAND} & set(self.classes):
            raise _wrong("classes", list(self.classes), f"names of which one is '{HAND}'")
        if len(set(self.classes)) < len(self.classes):
            raise _wrong("classes", list(self.classes), "names that differ")
        unknown = [name for name in self.colours if name not in self.classes]
        if unknown:
            raise _wrong("colours", unknown, f"for some of {', '.join(self.classes)}")
        return self

    @property
    def title(self) -> str:
        """Return name and version, as messages and diagnostics give them."""
        return f"{self.name} {self.version}"

    def to_yaml(self) -> str:
        """Return the text that `parse_description` reads back to an equal description."""
        fields = _ADAPTER.dump_python(self, mode="json", exclude_none=True)
        return yaml.safe_dump({"format": FORMAT, **fields}, sort_keys=False, allow_unicode=True)


# What YAML calls the things that pydantic calls by Python's names.
_SHAPES = {"tuple_type": "a list", "dict_type": "a mapping", "dataclass_type": "a mapping"}
_ADAPTER = TypeAdapter(ModelDescription)


def _wrong(name: str, value: object, allowed: str) -> ValueError:
    return ValueError(f"'{name}' is {value!r}, but must be {allowed}")


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
    try:
        return _ADAPTER.validate_python({str(name): value for name, value in fields.items()})
    except ValidationError as error:
        raise ModelError(
            f"the description in {origin} cannot be used, as {first_problem(error)}: correct it "
            f"(see {GUIDE})"
        ) from error


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong, as half a sentence: field, value, what is allowed."""
    problem = error.errors(include_url=False)[0]
    return _half_sentence(problem["type"], _path(problem["loc"]), problem)


def _path(places: tuple[int | str, ...]) -> str:
    text = "".join(f"[{place}]" if isinstance(place, int) else f".{place}" for place in places)
    return text.removeprefix(".")


def _half_sentence(kind: str, field: str, problem: Mapping[str, Any]) -> str:
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind == "missing":
        return f"the field '{field}' is missing"
    if kind == "unexpected_keyword_argument":
        return f"the field '{field}' is unknown: its value is {problem['input']!r}"
    if kind in _SHAPES:
        return f"'{field}' is {problem['input']!r}, but must be {_SHAPES[kind]}"
    words = problem["msg"].replace("Input should be", "must be")
    return f"'{field}' is {problem['input']!r}, but {words[0].lower()}{words[1:]}"
