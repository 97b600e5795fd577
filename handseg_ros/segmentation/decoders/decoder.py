"""A decoder: one kind of network, what its description must say, and how its outputs are read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from handseg_ros.segmentation.decoders.detection import Detect
from handseg_ros.segmentation.description import GUIDE, HAND, OBJECT, ModelDescription, Thresholds
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.geometry import ResizeTransform
from handseg_ros.segmentation.hands import DecodedInstances

Decode = Callable[
    [dict[str, np.ndarray], ResizeTransform, ModelDescription, Thresholds], DecodedInstances
]


@dataclass(frozen=True)
class MaskExport:
    """How `handseg export` makes masks of one output, pixel by pixel, as operators of a graph.

    `output` is its role. `masks` are the names of the masks with their classes: a pixel is in one
    where any of them is, as `score_maps` has it. Where `logit_channel` is given, a pixel is in the
    mask where the logit in that channel is that of the mask threshold.
    """

    output: str
    masks: Mapping[str, tuple[str, ...]]
    logit_channel: int | None = None


@dataclass(frozen=True)
class Decoder:
    """All that is known of a family: how its outputs become hands, and what it needs for that.

    `outputs` are the roles that `decode` reads, `detect` recognises them in a foreign network, and
    `export` makes masks of them in a graph of its own, None where that needs more than pixels.
    `fields` are the description's optional fields that are none here, `classes` what it must name,
    `optional_classes` what is answered too where it names them, and `inputs` those beside the
    frame. `sequence` makes a `decode` that remembers the last frame of a video, None where a family
    has none.
    """

    decode: Decode
    detect: Detect
    outputs: tuple[str, ...]
    export: MaskExport | None = None
    fields: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    optional_classes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    sequence: Callable[[], Decode] | None = None

    def output_classes(self, description: ModelDescription) -> tuple[str, ...]:
        """Return the classes that are found with such a model, the hand first."""
        known = [name for name in self.optional_classes if name in description.classes]
        return tuple(dict.fromkeys((HAND, *self.classes, *known)))

    def knows(self, classes: Collection[str]) -> bool:
        """Whether such classes can be all that are found: with objects, or without."""
        if OBJECT in classes:
            return OBJECT in (*self.classes, *self.optional_classes)
        return OBJECT not in self.classes

    def check(self, description: ModelDescription, origin: str) -> None:
        """Raise ModelError when the description lacks what the family needs."""
        needed = {
            **{f"outputs.{role}": role in description.outputs for role in self.outputs},
            **{name: getattr(description, name) is not None for name in self.fields},
            **{f"classes: {name}": name in description.classes for name in self.classes},
            **{f"input.{name}": name in _more_inputs(description) for name in self.inputs},
        }
        missing = [f"'{name}'" for name, is_there in needed.items() if not is_there]
        if missing:
            raise ModelError(
                f"the description in {origin} lacks {' and '.join(missing)}, which the family "
                f"'{description.family}' needs: add what is missing (see {GUIDE})"
            )
        for name in _more_inputs(description):
            if name not in self.inputs:
                raise ModelError(
                    f"the description in {origin} gives 'input.{name}', which the family "
                    f"'{description.family}' cannot feed: leave it out, or correct the family "
                    f"(see {GUIDE})"
                )


def _more_inputs(description: ModelDescription) -> tuple[str, ...]:
    return () if description.input.background is None else ("background",)
