"""What a foreign network's input is: layout and size, asked of the graph and tried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.model_import.colour_config import looks, usual_normalisation
from handseg_ros.model_import.graph_metadata import ForeignGraph
from handseg_ros.model_import.guesses import Guess, Wishes, wished
from handseg_ros.segmentation.description import (
    GUIDE,
    Constant,
    InputDescription,
    InputLayout,
)
from handseg_ros.segmentation.errors import ModelError, cause_of
from handseg_ros.segmentation.invalid_field import InvalidFieldError

# By the number of axes.
_LAYOUTS: Mapping[int, tuple[InputLayout, ...]] = {3: ("CHW", "HWC"), 4: ("NCHW", "NHWC")}
# Where the graph tells no size: what most networks for hands learn with comes first.
_USUAL_SIZES = (256, 224, 320, 512, 640, 128)
_STEPS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class InputGuess:
    """A description of the input that the network runs with, in its most usual look."""

    told: InputDescription
    guesses: tuple[Guess, ...]


def guess_input(graph: ForeignGraph, wishes: Wishes) -> InputGuess:
    """Find an input that the network runs with.

    Raises ModelError when none of the usual ones runs, or the wishes do not fit each other.
    """
    causes: list[str] = []
    for told in _candidates(graph, wishes):
        try:
            graph.run(told, _black(told), _black(told))
        except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
            causes.append(cause_of(error))
            continue
        step = _multiple_of(graph, told)
        told = replace(told, multiple_of=step or 1, size="free" if step else "fixed")
        return InputGuess(told, tuple(_explained(graph, told, wishes)))
    if not causes:
        raise ModelError(
            f"model file {graph.path} takes the shape {graph.shape}, which has not three channels"
            f"{f' as {wishes.layout}' if wishes.layout else ''}: only networks of colour images "
            f"can be described (see {GUIDE}){', or leave --layout out' if wishes.layout else ''}"
        )
    raise ModelError(
        f"model file {graph.path} did not run with any of the usual inputs ({causes[0]}): give its "
        "input size with --width and --height, or the order of its axes with --layout"
    )


def _candidates(graph: ForeignGraph, wishes: Wishes) -> Iterator[InputDescription]:
    for layout in _layouts(graph, wishes):
        sizes = dict(zip(layout, graph.shape, strict=True))
        for usual in _USUAL_SIZES:
            height = _size(wishes.height, sizes["H"], usual)
            width = _size(wishes.width, sizes["W"], usual)
            yield _described(graph, layout, width, height, wishes)
            if usual not in (width, height):
                break  # all is told, and there is nothing to try out


def _layouts(graph: ForeignGraph, wishes: Wishes) -> tuple[InputLayout, ...]:
    """Return the orders of axes that are possible: a 3 in the shape is that of the channels."""
    layouts = _LAYOUTS[len(graph.shape)]
    if wishes.layout is not None:
        if wishes.layout not in layouts:
            raise ModelError(
                f"model file {graph.path} takes the shape {graph.shape}, which --layout "
                f"{wishes.layout} does not fit: give {' or '.join(layouts)}, or leave it out"
            )
        layouts = (wishes.layout,)
    channels = {layout: graph.shape[layout.index("C")] for layout in layouts}
    certain = tuple(layout for layout in layouts if channels[layout] == 3)
    return certain or tuple(
        layout for layout in layouts if not isinstance(channels[layout], int)
    )


def _size(wish: int, axis: int | str | None, usual: int) -> int:
    own = axis if isinstance(axis, int) else usual
    return wish or own


def _described(
    graph: ForeignGraph, layout: InputLayout, width: int, height: int, wishes: Wishes
) -> InputDescription:
    usual = usual_normalisation(layout)
    look = looks(
        graph.dtype, usual, wishes.colour, wishes.normalisation, wishes.statistics
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
            **look.fields(),
        )
    except InvalidFieldError as error:
        raise ModelError(
            f"model file {graph.path} cannot be described, as {error}: correct what you asked for"
        ) from error


def _multiple_of(graph: ForeignGraph, told: InputDescription) -> int | None:
    """Return the least step in which the size may grow; None when it is fixed."""
    sizes = dict(zip(told.layout, graph.shape, strict=True))
    if any(isinstance(sizes[axis], int) for axis in "HW"):
        return None
    for step in _STEPS:
        if told.width % step or told.height % step:
            break
        larger = replace(told, width=told.width + step, height=told.height + step)
        try:
            graph.run(larger, _black(larger), _black(larger))
        except Exception:  # any error says that this size does not suit the network
            continue
        return step
    return None


def _constant_guess(name: str, value: Constant, wishes: Wishes) -> Guess:
    field = f"input.constants.{name}"
    if name in wishes.constants:
        return wished(field, value)
    return Guess(field, value, "a switch that is off", f"--constant {name}=1")


def _black(told: InputDescription) -> np.ndarray:
    return np.zeros((told.height, told.width, 3), np.uint8)


def _explained(graph: ForeignGraph, told: InputDescription, wishes: Wishes) -> Iterator[Guess]:
    place = "before" if told.layout.endswith("CHW") else "behind"
    shape = f"the graph takes {graph.shape}"
    if wishes.layout:
        yield wished("input.layout", told.layout)
    else:
        why = f"{shape}: three channels {place} rows and columns"
        yield Guess("input.layout", told.layout, why, "--layout")
    if told.batch > 1:
        why = f"{shape}; the image fills all places, of whose answers the first counts"
        yield Guess("input.batch", told.batch, why)
    for name, value in told.constants.items():
        yield _constant_guess(name, value, wishes)
    yield Guess("input.dtype", told.dtype, "the graph says so")
    if told.background is not None:
        why = f"the graph takes two images, and '{told.name}' is then the frame"
        yield Guess("input.background", told.background, why, "change the names in the description")
    size = f"{told.width}x{told.height}"
    if wishes.width or wishes.height:
        yield wished("input size", size)
    elif told.size == "fixed":
        yield Guess("input size", size, f"{shape}, and runs at no other size")
    else:
        yield Guess(
            "input size", size, "the graph takes any, and ran with this one",
            "--width and --height of its training",
        )  # fmt: skip
    if told.size == "free":
        yield Guess("input.multiple_of", told.multiple_of, "the least step in size that ran")
