"""What a foreign network's input is: layout and size, asked of the graph and tried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from handseg_ros.exchange.graph_facts import ForeignGraph
from handseg_ros.exchange.guesses import Guess, Wishes, wished
from handseg_ros.exchange.looks import looks, usual_normalisation
from handseg_ros.segmentation.description import (
    GUIDE,
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
            f"model file {graph.path} takes the shape {graph.shape}, which has not three channels: "
            f"only networks of colour images can be described (see {GUIDE})"
        )
    raise ModelError(
        f"model file {graph.path} did not run with any of the usual inputs ({causes[0]}): give its "
        "input size with --width and --height"
    )


def _candidates(graph: ForeignGraph, wishes: Wishes) -> Iterator[InputDescription]:
    for layout in _LAYOUTS[len(graph.shape)]:
        sizes = dict(zip(layout, graph.shape, strict=True))
        if isinstance(sizes["C"], int) and sizes["C"] != 3:
            continue
        for usual in _USUAL_SIZES:
            height = _size(wishes.height, sizes["H"], usual)
            width = _size(wishes.width, sizes["W"], usual)
            yield _described(graph, layout, width, height, wishes)
            if usual not in (width, height):
                break  # all is told, and there is nothing to try out


def _size(wish: int, axis: int | str | None, usual: int) -> int:
    own = axis if isinstance(axis, int) else usual
    return wish or own


def _described(
    graph: ForeignGraph, layout: InputLayout, width: int, height: int, wishes: Wishes
) -> InputDescription:
    usual = usual_normalisation(layout)
    look = looks(graph.dtype, usual, wishes.colour, wishes.normalisation)[0]
    try:
        bare = InputDescription(
            name=graph.input_name,
            layout=layout,
            dtype="uint8",
            colour=look.colour,
            width=width,
            height=height,
            multiple_of=1,
            resize="stretch",  # of no matter for a black image of the network's own size
            background=graph.background_name,
        )
    except InvalidFieldError as error:
        raise ModelError(
            f"model file {graph.path} cannot be described, as {error}: correct what you asked for"
        ) from error
    return look.of(bare)


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


def _black(told: InputDescription) -> np.ndarray:
    return np.zeros((told.height, told.width, 3), np.uint8)


def _explained(graph: ForeignGraph, told: InputDescription, wishes: Wishes) -> Iterator[Guess]:
    place = "before" if told.layout.endswith("CHW") else "behind"
    shape = f"the graph takes {graph.shape}"
    yield Guess("input.layout", told.layout, f"{shape}: three channels {place} rows and columns")
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
