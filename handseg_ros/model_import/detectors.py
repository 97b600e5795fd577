"""Which family a foreign network is of, by the shapes of its outputs: one detector a family."""

from __future__ import annotations

from collections.abc import Mapping

from handseg_ros.model_import.box_detectors import detect_mask_rcnn, detect_yolo_seg
from handseg_ros.model_import.family_guess import DecoderMatch, Detector
from handseg_ros.model_import.map_detectors import (
    detect_bottom_up,
    detect_frame_background,
    detect_hand_object,
    detect_semantic,
    detect_three_classes,
)
from handseg_ros.model_import.output_statistics import NetworkOutputs
from handseg_ros.model_import.overrides import Overrides, listed
from handseg_ros.model_import.queries import has_detections
from handseg_ros.model_import.query_detectors import (
    detect_rf_detr_seg,
    detect_rtmdet_ins,
    refuse_yolact,
)
from handseg_ros.segmentation.description import GUIDE, OBJECT, InputDescription
from handseg_ros.segmentation.errors import ModelError

DETECTORS: Mapping[str, Detector] = {
    "semantic": detect_semantic,
    "hand_object": detect_hand_object,
    "mask_rcnn": detect_mask_rcnn,
    "yolo_seg": detect_yolo_seg,
    "rf_detr_seg": detect_rf_detr_seg,
    "rtmdet_ins": detect_rtmdet_ins,
    "frame_background": detect_frame_background,
    "bottom_up": detect_bottom_up,
}
_DETECTORS: tuple[Detector, ...] = (
    refuse_yolact,
    detect_rf_detr_seg,
    detect_rtmdet_ins,
    detect_yolo_seg,
    detect_mask_rcnn,
)
# What is asked where the user names no family, in this order, and where the classes are given.
_BY_DEFAULT: tuple[Detector, ...] = (
    *_DETECTORS,
    detect_bottom_up,
    detect_frame_background,
    detect_three_classes,
    detect_semantic,
)
_WITH_OBJECTS: tuple[Detector, ...] = (*_DETECTORS, detect_hand_object)
_WITHOUT_OBJECTS = tuple(
    detector for detector in _BY_DEFAULT if detector is not detect_three_classes
)


# Whether they belong to detections.
_WHAT = {True: "are detections, but not those", False: "are not the outputs"}


def detect_family(
    network_outputs: NetworkOutputs, description: InputDescription, overrides: Overrides
) -> DecoderMatch:
    """Return the family that is asked for, or else the first one that the outputs match.

    Raises ModelError when there is none.
    """
    inferred_fields = (detector(network_outputs, description) for detector in _asked(overrides))
    inferred = next((inferred for inferred in inferred_fields if inferred is not None), None)
    if inferred is None:
        families = [overrides.family] if overrides.family else list(DETECTORS)
        shapes = ", ".join(f"'{name}' {value.shape}" for name, value in network_outputs.items())
        raise ModelError(
            f"the network gives {shapes}, which {_WHAT[has_detections(network_outputs)]} of "
            f"{listed(families)}: {'leave --family out, or ' if overrides.family else ''}export it "
            f"again with outputs of one of the families in {GUIDE}"
        )
    return inferred


def _asked(overrides: Overrides) -> tuple[Detector, ...]:
    """Return the detectors of the families that the user's overrides leave, in their order."""
    if overrides.family is not None:
        return (DETECTORS[overrides.family],)
    if overrides.classes is None:
        return _BY_DEFAULT
    return _WITH_OBJECTS if OBJECT in overrides.classes else _WITHOUT_OBJECTS
