"""What a foreign network's graph says of its inputs, and what running it adds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import onnxruntime

from handseg_ros.segmentation.background import Background
from handseg_ros.segmentation.constant_inputs import constant_inputs
from handseg_ros.segmentation.description import (
    COLOUR_ORDERS,
    METADATA_KEY,
    STANDALONE_KEY,
    ColourOrder,
    Constant,
    Dtype,
    InputDescription,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS
from handseg_ros.segmentation.graph_check import ONNX_TYPES
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml
from handseg_ros.segmentation.session import first_of_batch, open_graph

_DTYPES = {onnx: ours for ours, onnx in ONNX_TYPES.items()}
_IMAGE_AXES = (3, 4)

Axis = int | str | None


@dataclass(frozen=True)
class ExporterMetadata:
    """What `handseg export` wrote into a file: its image's colour order, its source and licence."""

    colour: ColourOrder
    source: str
    licence: str

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> ExporterMetadata | None:
        """Return what a file's metadata say; None where another program wrote it."""
        try:
            known = read_plain_yaml(metadata.get(STANDALONE_KEY, ""))
            colour, source = known["input"]["colour"], known["source"]
            title = f"{source['name']} {source['version']}"
            licence = str(source["licence"])
        except (PlainYamlError, KeyError, TypeError):
            return None
        if colour not in COLOUR_ORDERS:
            return None
        order: ColourOrder = get_args(ColourOrder)[COLOUR_ORDERS.index(colour)]
        return cls(order, title, licence)


@dataclass(frozen=True)
class ForeignGraph:
    """A loaded network with what its graph says of its inputs.

    `background_name` is that of a second image, of the scene without hands, and None where there is
    none. `shape` has three or four axes, in which a text or None stands for any size; `dtype` is
    that of the description; `constants` are what the other inputs get; `exported` is what
    `handseg export` wrote into the file, None where it did not write it.
    """

    path: Path
    input_name: str
    background_name: str | None
    shape: tuple[Axis, ...]
    dtype: Dtype
    constants: Mapping[str, Constant]
    exported: ExporterMetadata | None
    _session: onnxruntime.InferenceSession

    @property
    def batch(self) -> int:
        """How many images the network takes at once, 1 where that is free."""
        return self.shape[0] if len(self.shape) == 4 and isinstance(self.shape[0], int) else 1

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it gives."""
        return tuple(output.name for output in self._session.get_outputs())

    def run(
        self, description: InputDescription, frame: np.ndarray, background: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Return what the network gives for a frame, uint8 BGR, by its outputs' names.

        `background` is a picture of the same size, None for a network that takes none.
        Raises whatever ONNX Runtime raises where the network does not run with such an input.
        """
        input_size = description.height, description.width
        placed = RESIZE_TRANSFORMS[description.resize](
            (frame.shape[0], frame.shape[1]), input_size
        ).apply(frame)
        inputs = {self.input_name: InputPreprocessor.of(description).preprocess(placed)}
        if self.background_name is not None and background is not None:
            inputs[self.background_name] = Background.of(background, description, input_size).values
        inputs |= constant_inputs(self.path, self._session.get_inputs(), self.constants)
        values = self._session.run(None, inputs)
        network_outputs = dict(zip(self.outputs, values, strict=True))
        if description.batch == 1:
            return network_outputs
        return {
            name: first_of_batch(value, description.batch)
            for name, value in network_outputs.items()
        }


def read_graph(path: Path, constants: Mapping[str, Constant]) -> ForeignGraph:
    """Load a network that does not describe itself; `constants` are what a user said of inputs.

    Raises ModelError when it cannot be loaded, describes itself already, or takes anything but
    an image of three channels, or two of one shape, and constants that are known.
    """
    session = open_graph(path)
    kept = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY in kept:
        raise ModelError(
            f"model file {path} describes itself, so there is nothing to guess: "
            f"run 'handseg info {path}' to read what it says"
        )
    images = _images(path, session.get_inputs(), constants)
    image, *backgrounds = sorted(images, key=lambda value: _is_background(value.name))
    if image.type not in _DTYPES:
        raise _beyond(path, f"takes a {image.type} as '{image.name}'", f"{' or '.join(_DTYPES)}")
    others = [value for value in session.get_inputs() if value not in images]
    return ForeignGraph(
        path,
        image.name,
        backgrounds[0].name if backgrounds else None,
        tuple(image.shape),
        _DTYPES[image.type],
        _constants(path, others, constants),
        ExporterMetadata.read(kept),
        session,
    )


def _images(
    path: Path, inputs: Sequence[onnxruntime.NodeArg], constants: Mapping[str, Constant]
) -> list[onnxruntime.NodeArg]:
    rest = [value for value in inputs if value.name not in constants]
    images = [value for value in rest if len(value.shape) == max(_IMAGE_AXES)]
    images = images or [value for value in rest if len(value.shape) == min(_IMAGE_AXES)]
    kinds = {(value.type, tuple(value.shape)) for value in images}
    if len(images) not in (1, 2) or len(kinds) != 1:
        names = ", ".join(f"'{value.name}' {tuple(value.shape)}" for value in inputs)
        known = "one image, (1, 3, height, width) or channels last, or two of one shape"
        raise _beyond(path, f"takes the inputs {names}", known)
    return images


def _constants(
    path: Path, others: Sequence[onnxruntime.NodeArg], overridden: Mapping[str, Constant]
) -> dict[str, Constant]:
    """Return what the inputs get that take no image: a switch such as `training` is off."""
    values: dict[str, Constant] = {}
    for value in others:
        if value.name not in overridden and value.type != "tensor(bool)":
            raise ModelError(
                f"model file {path} takes '{value.name}', a {value.type} of the shape "
                f"{tuple(value.shape)}, beside the image: say which numbers it always gets with "
                f"--constant {value.name}=NUMBER"
            )
        values[value.name] = overridden.get(value.name, False)
    return values


def _is_background(name: str) -> bool:
    """Return whether an input's name says so; where none does, the second one is taken for it."""
    return "back" in name.lower() or "bg" in name.lower()


def _beyond(path: Path, what: str, known: str) -> ModelError:
    return ModelError(
        f"model file {path} {what}, but networks of {known} alone can be fed: export it again so"
    )
