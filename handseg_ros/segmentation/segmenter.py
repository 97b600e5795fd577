"""The core's entry point: `Segmenter.load(model).segment(frame)`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from handseg_ros.segmentation.background import Background
from handseg_ros.segmentation.decoders.decoder import Decoder
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import LARGEST_SIDE, ModelDescription, Thresholds
from handseg_ros.segmentation.errors import (
    BackgroundError,
    HandsegError,
    ImageError,
    ModelError,
    root_cause,
)
from handseg_ros.segmentation.geometry import RESIZE_TRANSFORMS, ResizeTransform
from handseg_ros.segmentation.hands import Segmentation, Timings
from handseg_ros.segmentation.input_preprocessor import InputPreprocessor
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import DEFAULT_MODEL, find_model
from handseg_ros.segmentation.session import ModelSession, load_session


@dataclass(frozen=True)
class Segmenter:
    """Finds the hands in frames with one model; `input_size` is the network's (height, width).

    A model that compares frames with a background answers only once `with_background` gave it one.
    It serves one thread at a time, as the network's input is one buffer.
    """

    session: ModelSession
    input_size: tuple[int, int]
    _decoder: Decoder
    _preprocessor: InputPreprocessor
    background: Background | None = None

    @classmethod
    def load(cls, model: str | Path | ModelOptions = DEFAULT_MODEL, **options: Any) -> Segmenter:
        """Load a model by name, path or options, and run it once: the first frame is not slow.

        `options` are more fields of `ModelOptions`, as `threads=2`. Where the provider does not
        run and is not required, the CPU does, and `session.loaded` says so. Raises ModelError.
        """
        chosen = replace(ModelOptions.of(model), **options)
        path = find_model(chosen.model)
        session = load_session(
            path, chosen.provider, chosen.threads, require_provider=chosen.require_provider
        )
        return cls.of(session, input_width=chosen.input_width, input_height=chosen.input_height)

    @classmethod
    def of(cls, session: ModelSession, *, input_width: int = 0, input_height: int = 0) -> Segmenter:
        """Return the segmenter of a network that is loaded, run once; raises ModelError."""
        decoder = check_decoder(session)
        input_size = _input_size(session, input_width, input_height)
        segmenter = cls(
            session, input_size, decoder, InputPreprocessor.of(session.description.input)
        )
        segmenter._warm_up()
        return segmenter

    @property
    def description(self) -> ModelDescription:
        """The model's own description."""
        return self.session.description

    @property
    def input_size_text(self) -> str:
        """The size that images are brought to, for people: width x height in pixels."""
        if self.description.input.resize == "none":
            return "each image's own"
        return f"{self.input_size[1]}x{self.input_size[0]}"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are found: the hand, and the object where the family knows it."""
        return self._decoder.output_classes(self.description)

    @property
    def takes_background(self) -> bool:
        """Whether the model compares frames with a picture of the scene without hands."""
        return self.description.input.background is not None

    @property
    def lacks_background(self) -> bool:
        """Whether the model cannot answer yet, for want of that picture."""
        return self.takes_background and self.background is None

    def with_background(self, picture: np.ndarray) -> Segmenter:
        """Return this segmenter with a background: uint8 (height, width, 3), BGR.

        It must come from the camera of the frames, at their size and without hands in it. Raises
        ImageError for any other array, and BackgroundError when the model takes none.
        """
        if not self.takes_background:
            raise BackgroundError(
                f"model '{self.description.title}' takes no background: leave it out, or choose a "
                "model of the family 'frame_background'"
            )
        _check_frame(picture)
        made = Background.of(picture, self.description.input, self.input_size)
        return replace(self, background=made)

    def for_sequence(self) -> Segmenter:
        """Return this segmenter for the frames of one video: the last one steadies the next.

        Its answers depend on the frames that it was given, all of them in their order. Raises
        ModelError when the model's family answers each frame alone.
        """
        if self._decoder.sequence is None:
            families = ", ".join(name for name, decoder in DECODERS.items() if decoder.sequence)
            raise ModelError(
                f"model '{self.description.title}' cannot be smoothed over time, as models of the "
                f"family '{self.description.family}' answer each frame alone: leave smoothing out, "
                f"or choose a model of the family {families}"
            )
        return replace(self, _decoder=replace(self._decoder, decode=self._decoder.sequence()))

    def segment(self, frame: np.ndarray, thresholds: Thresholds | None = None) -> Segmentation:
        """Find the hands in a frame: uint8 (height, width, 3), BGR.

        Without `thresholds` the model's own hold. Raises ImageError for any other array,
        BackgroundError when the model lacks a background or its size is not the frame's, and
        ModelError when the network fails, or answers with what is no number or cannot be decoded.
        """
        _check_frame(frame)
        began = time.perf_counter()
        resize = RESIZE_TRANSFORMS[self.description.input.resize]
        transform = resize((frame.shape[0], frame.shape[1]), self.input_size)
        inputs = self._inputs(frame, transform)
        prepared = time.perf_counter()
        with self._explaining(frame):
            outputs = self.session.run(inputs)
            inferred = time.perf_counter()
            found = self._decoder.decode(
                outputs, transform, self.description, thresholds or self.description.thresholds
            )
        decoded = time.perf_counter()
        timings = Timings(prepared - began, inferred - prepared, decoded - inferred)
        return Segmentation(frame.shape[0], frame.shape[1], found.hands, timings, found.objects)

    def _inputs(self, frame: np.ndarray, transform: ResizeTransform) -> dict[str, np.ndarray]:
        wanted = self.description.input
        inputs = {wanted.name: self._preprocessor.preprocess(transform.apply(frame))}
        if wanted.background is not None:
            inputs[wanted.background] = self._background_of(frame).values
        return inputs

    def _background_of(self, frame: np.ndarray) -> Background:
        if self.background is None:
            raise BackgroundError(
                f"model '{self.description.title}' compares each frame with a background and has "
                "none: give it a picture of the same camera without hands"
            )
        self.background.check(frame)
        return self.background

    def _warm_up(self) -> None:
        black = np.zeros((*self.input_size, 3), np.uint8)
        (self.with_background(black) if self.takes_background else self).segment(black)

    @contextmanager
    def _explaining(self, frame: np.ndarray) -> Iterator[None]:
        """Give what the network or its decoder trips over the words of a ModelError."""
        try:
            yield
        except HandsegError:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
            height, width = frame.shape[:2]
            raise ModelError(
                f"model file {self.session.path} failed on an image of {width}x{height} pixels "
                f"({root_cause(error)}): correct its description or the input size"
            ) from error


def check_decoder(session: ModelSession) -> Decoder:
    """Return the decoder of a network; raises ModelError when its description does not suit it."""
    name = session.description.family
    if name not in DECODERS:
        raise ModelError(
            f"model file {session.path} is of the family '{name}', but known are "
            f"{', '.join(DECODERS)}: correct its description or install a newer version"
        )
    DECODERS[name].check(session.description, str(session.origin))
    return DECODERS[name]


def _input_size(session: ModelSession, width: int, height: int) -> tuple[int, int]:
    wanted = session.description.input
    if wanted.resize == "none" and (width or height):
        raise ModelError(
            f"input size {width}x{height} does not suit model '{session.description.name}', which "
            "takes each image at its own size: use 0 for width and height"
        )
    step = wanted.multiple_of
    input_size = height or wanted.height, width or wanted.width
    if wanted.size == "fixed" and input_size != (wanted.height, wanted.width):
        raise ModelError(
            f"input size {input_size[1]}x{input_size[0]} does not suit model "
            f"'{session.description.name}', whose size is fixed: use "
            f"{wanted.width}x{wanted.height} or 0 for the model's own"
        )
    for name, size in (("height", input_size[0]), ("width", input_size[1])):
        if size < step or size % step or size > LARGEST_SIDE:
            below = min(max(step, size // step * step), LARGEST_SIDE - step)
            raise ModelError(
                f"input {name} {size} does not suit model '{session.description.name}', which "
                f"takes multiples of {step} up to {LARGEST_SIDE}: use {below} or {below + step}"
            )
    return input_size


def _check_frame(frame: np.ndarray) -> None:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        raise ImageError(
            f"a frame of shape {frame.shape} and type {frame.dtype} cannot be segmented: give "
            "uint8 BGR of shape (height, width, 3) with at least one pixel"
        )
