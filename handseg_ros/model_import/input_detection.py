"""What a foreign network's input is: layout and size, asked of the graph and tried out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.model_import.colour_config import colour_configs, usual_normalisation
from handseg_ros.model_import.graph_metadata import ForeignGraph
from handseg_ros.model_import.overrides import Overrides, overridden
from handseg_ros.segmentation.decoders.detection import InferredField
from handseg_ros.segmentation.description import (
    GUIDE,
    Constant,
    InputDescription,
    InputLayout,
)
from handseg_ros.segmentation.errors import ModelError, root_cause
from handseg_ros.segmentation.invalid_field import InvalidFieldError

# By the number of axes.
_LAYOUTS: Mapping[int, tuple[InputLayout, ...]] = {3: ("CHW", "HWC"), 4: ("NCHW", "NHWC")}
# Where the graph has no size: what most networks for hands learn with comes first.
_USUAL_SIZES = (256, 224, 320, 512, 640, 128)
_STEPS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class DetectedInput:
    """A description of the input that the network runs with, in its most usual colours."""

    description: InputDescription
    inferred_fields: tuple[InferredField, ...]


def detect_input(graph: ForeignGraph, overrides: Overrides) -> DetectedInput:
    """Find an input that the network runs with.

    Raises ModelError when none of the usual ones runs, or the overrides do not fit each other.
    """
    causes: list[str] = []
    for description in _candidates(graph, overrides):
        try:
            graph.run(description, _black(description), _black(description))
        except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
            causes.append(root_cause(error))
            continue
        step = _multiple_of(graph, description)
        description = replace(description, multiple_of=step or 1, size="free" if step else "fixed")
        return DetectedInput(description, tuple(_explained(graph, description, overrides)))
    if not causes:
        raise ModelError(
            f"model file {graph.path} takes the shape {graph.shape}, which has not three channels"
            f"{f' as {overrides.layout}' if overrides.layout else ''}: only networks of colour "
            "images "
            f"can be described (see {GUIDE}){', or leave --layout out' if overrides.layout else ''}"
        )
    raise ModelError(
        f"model file {graph.path} did not run with any of the usual inputs ({causes[0]}): give its "
        "input size with --width and --height, or the order of its axes with --layout"
    )


def _candidates(graph: ForeignGraph, overrides: Overrides) -> Iterator[InputDescription]:
    for layout in _layouts(graph, overrides):
        sizes = dict(zip(layout, graph.shape, strict=True))
        for usual in _USUAL_SIZES:
            height = _size(overrides.height, sizes["H"], usual)
            width = _size(overrides.width, sizes["W"], usual)
            yield _described(graph, layout, width, height, overrides)
            if usual not in (width, height):
                break  # all is known, and there is nothing to try out


def _layouts(graph: ForeignGraph, overrides: Overrides) -> tuple[InputLayout, ...]:
    """Return the orders of axes that are possible: a 3 in the shape is that of the channels."""
    layouts = _LAYOUTS[len(graph.shape)]
    if overrides.layout is not None:
        if overrides.layout not in layouts:
            raise ModelError(
                f"model file {graph.path} takes the shape {graph.shape}, which --layout "
                f"{overrides.layout} does not fit: give {' or '.join(layouts)}, or leave it out"
            )
        layouts = (overrides.layout,)
    channels = {layout: graph.shape[layout.index("C")] for layout in layouts}
    certain = tuple(layout for layout in layouts if channels[layout] == 3)
    return certain or tuple(layout for layout in layouts if not isinstance(channels[layout], int))


def _size(override: int, axis: int | str | None, usual: int) -> int:
    own = axis if isinstance(axis, int) else usual
    return override or own


def _described(
    graph: ForeignGraph, layout: InputLayout, width: int, height: int, overrides: Overrides
) -> InputDescription:
    usual = usual_normalisation(layout)
    colour_config = colour_configs(
        graph.dtype, usual, overrides.colour, overrides.normalisation, overrides.statistics
    )[0]
    try:
        return InputDescription(
            name=graph.input_name,
            layout=layout,
            dtype=graph.dtype,
            width=width,
            height=height,
            multiple_of=1,
            resize="stretch",  # of no matter for a black image of the network's own size
            batch=graph.batch,
            background=graph.background_name,
            constants=graph.constants,
            **colour_config.fields(),
        )
    except InvalidFieldError as error:
        raise ModelError(
            f"model file {graph.path} cannot be described, as {error}: correct what you asked for"
        ) from error


def _multiple_of(graph: ForeignGraph, description: InputDescription) -> int | None:
    """Return the least step in which the size may grow; None when it is fixed."""
    sizes = dict(zip(description.layout, graph.shape, strict=True))
    if any(isinstance(sizes[axis], int) for axis in "HW"):
        return None
    for step in _STEPS:
        if description.width % step or description.height % step:
            break
        larger = replace(
            description, width=description.width + step, height=description.height + step
        )
        try:
            graph.run(larger, _black(larger), _black(larger))
        except Exception:  # any error says that this size does not suit the network
            continue
        return step
    return None


def _constant_field(name: str, value: Constant, overrides: Overrides) -> InferredField:
    field = f"input.constants.{name}"
    if name in overrides.constants:
        return overridden(field, value)
    return InferredField(field, value, "a switch that is off", f"--constant {name}=1")


def _black(description: InputDescription) -> np.ndarray:
    return np.zeros((description.height, description.width, 3), np.uint8)


def _explained(
    graph: ForeignGraph, description: InputDescription, overrides: Overrides
) -> Iterator[InferredField]:
    index = "before" if description.layout.endswith("CHW") else "behind"
    shape = f"the graph takes {graph.shape}"
    if overrides.layout:
        yield overridden("input.layout", description.layout)
    else:
        reason = f"{shape}: three channels {index} rows and columns"
        yield InferredField("input.layout", description.layout, reason, "--layout")
    if description.batch > 1:
        reason = f"{shape}; the image fills all places, of whose answers the first counts"
        yield InferredField("input.batch", description.batch, reason)
    for name, value in description.constants.items():
        yield _constant_field(name, value, overrides)
    yield InferredField("input.dtype", description.dtype, "the graph says so")
    if description.background is not None:
        reason = f"the graph takes two images, and '{description.name}' is then the frame"
        yield InferredField(
            "input.background",
            description.background,
            reason,
            "change the names in the description",
        )
    size = f"{description.width}x{description.height}"
    if overrides.width or overrides.height:
        yield overridden("input size", size)
    elif description.size == "fixed":
        yield InferredField("input size", size, f"{shape}, and runs at no other size")
    else:
        yield InferredField(
            "input size", size, "the graph takes any, and ran with this one",
            "--width and --height of its training",
        )  # fmt: skip
    if description.size == "free":
        yield InferredField(
            "input.multiple_of", description.multiple_of, "the least step in size that ran"
        )
