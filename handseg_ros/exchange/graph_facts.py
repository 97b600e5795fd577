"""What a foreign network's graph tells of its input, and what running it tells beside that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from handseg_ros.segmentation.background import Background
from handseg_ros.segmentation.description import GUIDE, METADATA_KEY, InputDescription
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.feeding import Feeder
from handseg_ros.segmentation.geometry import PLACEMENTS
from handseg_ros.segmentation.session import open_graph

_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}

Axis = int | str | None


@dataclass(frozen=True)
class ForeignGraph:
    """A loaded network with what its graph says of its input.

    `background_name` is that of a second one, for a picture of the scene without hands, and None
    where there is none. `shape` has three or four axes, in which a text or None stands for any
    size; `dtype` is that of the description.
    """

    path: Path
    input_name: str
    background_name: str | None
    shape: tuple[Axis, ...]
    dtype: str
    _session: onnxruntime.InferenceSession

    def run(
        self, told: InputDescription, frame: np.ndarray, background: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Return what the network answers to a frame, uint8 BGR, by its outputs' names.

        `background` is a picture of the same size, None for a network that takes none.
        Raises whatever ONNX Runtime raises where the network does not run with such an input.
        """
        canvas = told.height, told.width
        placed = PLACEMENTS[told.resize]((frame.shape[0], frame.shape[1]), canvas).apply(frame)
        inputs = {self.input_name: Feeder.of(told).feed(placed)}
        if self.background_name is not None and background is not None:
            inputs[self.background_name] = Background.of(background, told, canvas).values
        values = self._session.run(None, inputs)
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, values, strict=True))


def read_graph(path: Path) -> ForeignGraph:
    """Load a network that does not describe itself.

    Raises ModelError when it cannot be loaded, describes itself already, or takes anything but
    an image of three channels, or two of one shape.
    """
    session = open_graph(path)
    if METADATA_KEY in session.get_modelmeta().custom_metadata_map:
        raise ModelError(
            f"model file {path} describes itself, so there is nothing to guess: "
            f"run 'handseg info {path}' to read what it says"
        )
    inputs = session.get_inputs()
    if len(inputs) > 2 or len({(value.type, tuple(value.shape)) for value in inputs}) != 1:
        names = ", ".join(f"'{value.name}' {value.shape}" for value in inputs)
        raise _beyond(path, f"takes the inputs {names}", "one image, or two of one shape,")
    image, *backgrounds = sorted(inputs, key=lambda value: _is_background(value.name))
    if image.type not in _DTYPES:
        raise _beyond(path, f"takes a {image.type}", " or ".join(_DTYPES))
    shape = tuple(image.shape)
    is_one = len(shape) == 3 or shape[0] in (1, None) or isinstance(shape[0], str)
    if len(shape) not in (3, 4) or not is_one:
        raise _beyond(path, f"takes the shape {shape}", "(1, 3, height, width) or channels last")
    background = backgrounds[0].name if backgrounds else None
    return ForeignGraph(path, image.name, background, shape, _DTYPES[image.type], session)


def _is_background(name: str) -> bool:
    """Return whether an input's name says so; where none does, the second one is taken for it."""
    return "back" in name.lower() or "bg" in name.lower()


def _beyond(path: Path, what: str, known: str) -> ModelError:
    return ModelError(
        f"model file {path} {what}, but import knows networks of {known} only: "
        f"write its description by hand (see {GUIDE}) or export it again"
    )
