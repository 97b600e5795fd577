"""Which decoder a foreign network's outputs are for: each is asked, in the registry's order."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from handseg_ros.model_import.overrides import Overrides, listed
from handseg_ros.segmentation.decoders.detection import DecoderMatch, has_detections
from handseg_ros.segmentation.decoders.output_statistics import NetworkOutputs
from handseg_ros.segmentation.decoders.registry import DECODERS
from handseg_ros.segmentation.description import GUIDE, InputDescription
from handseg_ros.segmentation.errors import ModelError

_EDGES = 4
# Whether they belong to detections.
_WHAT = {True: "are detections, but not those", False: "are not the outputs"}


def detect_decoder(
    outputs: NetworkOutputs, image: InputDescription, overrides: Overrides
) -> DecoderMatch:
    """Return the match of the family that is asked for, or else of the first that matches.

    Raises ModelError when there is none.
    """
    match = next(_matches(outputs, image, overrides), None)
    if match is not None:
        return match
    families = [overrides.family] if overrides.family else list(DECODERS)
    shapes = ", ".join(f"'{name}' {statistics.shape}" for name, statistics in outputs.items())
    raise ModelError(
        f"the network gives {shapes}, which {_WHAT[has_detections(outputs)]} of "
        f"{listed(families)}: {'leave --family out, or ' if overrides.family else ''}export it "
        f"again with outputs of one of the families in {GUIDE}"
    )


def _matches(
    outputs: NetworkOutputs, image: InputDescription, overrides: Overrides
) -> Iterator[DecoderMatch]:
    if overrides.family is not None:
        match = DECODERS[overrides.family].detect(outputs, image)
        if match is not None:
            yield _of_its_family(match)
        return
    _refuse_yolact(outputs)
    classes = overrides.classes
    for decoder in DECODERS.values():
        match = None
        if classes is None or decoder.knows(classes):
            match = decoder.detect(outputs, image)
        if match is not None and not (match.must_be_named and classes is None):
            yield match


def _of_its_family(match: DecoderMatch) -> DecoderMatch:
    """Return a match with the orders of classes alone that do not lead to another family."""
    own = tuple(order for order in match.orders if match.family_of(order) == match.family)
    return replace(match, orders=own)


def _refuse_yolact(outputs: NetworkOutputs) -> None:
    """Raise ModelError for the outputs of YOLACT.

    That is, for each anchor, boxes, classes and as many coefficients as there are prototypes.
    """
    lists = [statistics.shape for statistics in outputs.values() if len(statistics.shape) == 3]
    maps = [statistics.shape for statistics in outputs.values() if len(statistics.shape) == 4]
    counts = {shape[1] for shape in lists}
    if len(counts) != 1 or len(maps) != 1:
        return
    sizes = [shape[2] for shape in lists]
    prototypes = {maps[0][1], maps[0][3]} & set(sizes)
    if len(sizes) == 3 and _EDGES in sizes and prototypes:
        raise ModelError(
            "the network gives boxes, classes and mask coefficients of "
            f"{counts.pop()} anchors beside prototypes, as YOLACT does, which is not decoded: take "
            "a network of the families 'yolo_seg', 'rtmdet_ins' or 'rf_detr_seg' in its place"
        )
