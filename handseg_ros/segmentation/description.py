"""The description that every model file carries: how to feed it, how to decode it, what it is.

The description is YAML text, kept in the ONNX file's metadata under `METADATA_KEY`, or, for a
foreign file, in `<stem>.yaml` beside it. docs/model.md explains each field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml

from handseg_ros.segmentation.errors import ModelError

METADATA_KEY = "handseg_description"
FORMAT = 1


@dataclass(frozen=True)
class Thresholds:
    """Where a hand begins.

    `score` and `mask` are probabilities between 0 and 1; `minimum_area` is the smallest hand
    kept, as a share of the frame's pixels.
    """

    score: float
    mask: float
    minimum_area: float

    def __post_init__(self) -> None:
        """Refuse a value outside its range; raises ValueError."""
        for name, value, low, high in (
            ("score", self.score, 0.0, 1.0),
            ("mask", self.mask, 0.01, 0.99),
            ("minimum_area", self.minimum_area, 0.0, 1.0),
        ):
            if not low <= value <= high:
                raise ValueError(f"threshold '{name}' is {value}, but must be {low} to {high}")


@dataclass(frozen=True)
class InputDescription:
    """How the network wants its image: `width` and `height` are the default canvas in pixels."""

    name: str
    layout: str
    dtype: str
    colour: str
    width: int
    height: int
    multiple_of: int
    resize: str

    def __post_init__(self) -> None:
        """Refuse what no part of the core can feed; raises ValueError."""
        for name, value, known in (
            ("layout", self.layout, ("NHWC",)),
            ("dtype", self.dtype, ("uint8",)),
            ("colour", self.colour, ("RGB", "BGR")),
            ("resize", self.resize, ("letterbox",)),
        ):
            if value not in known:
                raise ValueError(f"input {name} is '{value}', but known are {', '.join(known)}")
        if self.multiple_of < 1:
            raise ValueError(f"input multiple_of is {self.multiple_of}, but must be 1 or more")
        for name, size in (("width", self.width), ("height", self.height)):
            if size < self.multiple_of or size % self.multiple_of:
                raise ValueError(f"input {name} is {size}, no multiple of {self.multiple_of}")


@dataclass(frozen=True)
class ModelDescription:
    """Everything the core and the user need to know of a model file."""

    name: str
    version: str
    family: str
    classes: tuple[str, ...]
    input: InputDescription
    outputs: Mapping[str, str]
    stride: int
    thresholds: Thresholds
    licence: str
    training_data: tuple[Mapping[str, str], ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    intended_use: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be decoded or named; raises ValueError."""
        if not self.classes:
            raise ValueError("classes is empty, but must name at least the hand")
        if self.stride < 1:
            raise ValueError(f"stride is {self.stride}, but must be 1 or more")

    @property
    def title(self) -> str:
        """Return name and version, as messages and diagnostics give them."""
        return f"{self.name} {self.version}"

    def to_yaml(self) -> str:
        """Return the text that `parse_description` reads back to an equal description."""
        fields = asdict(self)
        fields["classes"] = list(self.classes)
        fields["outputs"] = dict(self.outputs)
        fields["training_data"] = [dict(source) for source in self.training_data]
        fields["scores"] = dict(self.scores)
        return yaml.safe_dump({"format": FORMAT, **fields}, sort_keys=False, allow_unicode=True)


def parse_description(text: str, origin: str) -> ModelDescription:
    """Read a description from YAML text; `origin` names the file in error messages.

    Raises ModelError when the text is no YAML mapping, lacks a field or holds a bad value.
    """
    try:
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or error
        raise ModelError(
            f"the description in {origin} is not YAML ({problem}): correct it or export again"
        ) from error
    if not isinstance(fields, dict):
        raise ModelError(f"the description in {origin} is no YAML mapping: export the model again")
    if fields.pop("format", None) != FORMAT:
        raise ModelError(
            f"the description in {origin} does not say 'format: {FORMAT}', the only one this "
            "version reads: export the model again or install the version that wrote it"
        )
    try:
        return _description_from(fields)
    except KeyError as error:
        raise ModelError(
            f"the description in {origin} lacks the field {error}: add it (see docs/model.md)"
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"the description in {origin} cannot be used ({error}): correct it (see docs/model.md)"
        ) from error


def _description_from(fields: dict[str, Any]) -> ModelDescription:
    return ModelDescription(
        name=str(fields["name"]),
        version=str(fields["version"]),
        family=str(fields["family"]),
        classes=tuple(str(name) for name in fields["classes"]),
        input=InputDescription(**fields["input"]),
        outputs={str(role): str(name) for role, name in fields["outputs"].items()},
        stride=int(fields["stride"]),
        thresholds=Thresholds(**fields["thresholds"]),
        licence=str(fields["licence"]),
        training_data=tuple(fields.get("training_data") or ()),
        scores=dict(fields.get("scores") or {}),
        intended_use=str(fields.get("intended_use") or ""),
        limits=str(fields.get("limits") or ""),
    )
