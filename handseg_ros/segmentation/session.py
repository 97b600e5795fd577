"""The ONNX Runtime session: loading a model file with its description, running it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

from handseg_ros.segmentation.constant_inputs import constant_inputs
from handseg_ros.segmentation.description import (
    GUIDE,
    LARGEST_DESCRIPTION,
    METADATA_KEY,
    STANDALONE_KEY,
    ModelDescription,
    parse_description,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.graph_check import check_graph
from handseg_ros.segmentation.model_file import check_model_file
from handseg_ros.segmentation.providers import AUTO, LoadedSession, open_on_cpu, open_session


@dataclass(frozen=True)
class ModelSession:
    """A loaded network with its description, and the file that the latter stands in.

    `loaded.provider` is the one that really runs; `constants` are what those inputs get that take
    no image, by the graph's names.
    """

    path: Path
    description: ModelDescription
    origin: Path
    loaded: LoadedSession
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the network on its prepared inputs, by the graph's names; returns outputs by role.

        Raises ModelError when an output holds NaN or infinity: an answer made of that would look
        like "no hand".
        """
        roles = list(self.description.outputs)
        names = [self.description.outputs[role] for role in roles]
        values = self.loaded.session.run(names, {**inputs, **self.constants})
        for name, value in zip(names, values, strict=True):
            if not np.isfinite(value).all():
                raise ModelError(
                    f"model file {self.path} gave values that are no finite numbers as '{name}': "
                    "export it again, and compare scale, mean and std with its training"
                )
        if self.description.input.batch > 1:
            values = [first_of_batch(value, self.description.input.batch) for value in values]
        return dict(zip(roles, values, strict=True))


def read_description(path: Path) -> ModelDescription:
    """Read the description of a model file without keeping it loaded; raises ModelError."""
    return _describe(path, open_graph(path))[0]


def load_session(
    path: Path, provider: str = AUTO, threads: int = 1, *, require_provider: bool = False
) -> ModelSession:
    """Load a model file.

    `provider` is what `providers.open_session` takes; where the CPU runs in its place, `loaded`
    says why. `threads` is the number of CPU threads inside an operator. Raises ModelError when the
    file or its description is unusable, the provider is unknown, or it is required and does not
    run.
    """
    check_model_file(path)
    loaded = open_session(path, provider, threads)
    if require_provider and loaded.problem:
        raise ModelError(f"{loaded.problem}, but it is required: {loaded.hint}")
    description, origin = _describe(path, loaded.session)
    return _checked(path, description, origin, loaded)


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """Load a network for the CPU, whatever it says of itself; raises ModelError."""
    check_model_file(path)
    return open_on_cpu(path).session


def load_with_description(path: Path, description: ModelDescription) -> ModelSession:
    """Load a model file for the CPU with this description, not its own; raises ModelError."""
    check_model_file(path)
    loaded = open_on_cpu(path)
    return _checked(path, description, path, loaded)


def first_of_batch(value: np.ndarray, batch: int) -> np.ndarray:
    """Return the first image's part of an output of so many, where it has one for each."""
    return value[:1] if value.ndim and len(value) == batch else value


def _checked(
    path: Path, description: ModelDescription, origin: Path, loaded: LoadedSession
) -> ModelSession:
    check_graph(path, loaded.session, description)
    constants = constant_inputs(path, loaded.session.get_inputs(), description.input.constants)
    return ModelSession(path, description, origin, loaded, constants)


def _describe(path: Path, session: onnxruntime.InferenceSession) -> tuple[ModelDescription, Path]:
    """Return the description of a loaded file, and the file that it stands in."""
    kept = _metadata(path, session)
    if METADATA_KEY in kept:
        return parse_description(kept[METADATA_KEY], str(path)), path
    beside = path.with_suffix(".yaml")
    if beside.is_file():
        return parse_description(_read_text(beside), str(beside)), beside
    if STANDALONE_KEY in kept:
        raise ModelError(
            f"model file {path} was written by `handseg export`, to be run without this package: "
            "give the file that it was made from"
        )
    raise ModelError(
        f"model file {path} does not describe itself: write its description to {beside} "
        f"({GUIDE} shows the fields)"
    )


def _metadata(path: Path, session: onnxruntime.InferenceSession) -> Mapping[str, str]:
    try:
        kept: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError as error:
        raise ModelError(
            f"what model file {path} says of itself is no UTF-8 text ({error.reason}): export it "
            "again or give another file"
        ) from error
    return kept


def _read_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST_DESCRIPTION + 1)  # one more tells that it is too long
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"the description {path} cannot be read ({error}): make it UTF-8 text that you may read"
        ) from error
