"""Which family a foreign network is of, by the shapes of its answers: one guesser a family."""

from __future__ import annotations

from collections.abc import Mapping

from handseg_ros.model_import.box_detectors import guess_mask_rcnn, guess_yolo_seg
from handseg_ros.model_import.family_guess import FamilyGuess, Guesser
from handseg_ros.model_import.guesses import Wishes, listed
from handseg_ros.model_import.map_detectors import (
    guess_bottom_up,
    guess_frame_background,
    guess_hand_object,
    guess_semantic,
    guess_three_classes,
)
from handseg_ros.model_import.output_statistics import Answers
from handseg_ros.model_import.queries import has_detections
from handseg_ros.model_import.query_detectors import (
    guess_rf_detr_seg,
    guess_rtmdet_ins,
    refuse_yolact,
)
from handseg_ros.segmentation.description import GUIDE, OBJECT, InputDescription
from handseg_ros.segmentation.errors import ModelError

GUESSERS: Mapping[str, Guesser] = {
    "semantic": guess_semantic,
    "hand_object": guess_hand_object,
    "mask_rcnn": guess_mask_rcnn,
    "yolo_seg": guess_yolo_seg,
    "rf_detr_seg": guess_rf_detr_seg,
    "rtmdet_ins": guess_rtmdet_ins,
    "frame_background": guess_frame_background,
    "bottom_up": guess_bottom_up,
}
_DETECTORS: tuple[Guesser, ...] = (
    refuse_yolact,
    guess_rf_detr_seg,
    guess_rtmdet_ins,
    guess_yolo_seg,
    guess_mask_rcnn,
)
# What is asked where the user wishes for no family, in this order, and where the classes are told.
_UNASKED: tuple[Guesser, ...] = (
    *_DETECTORS,
    guess_bottom_up,
    guess_frame_background,
    guess_three_classes,
    guess_semantic,
)
_WITH_OBJECTS: tuple[Guesser, ...] = (*_DETECTORS, guess_hand_object)
_WITHOUT_OBJECTS = tuple(guesser for guesser in _UNASKED if guesser is not guess_three_classes)


# Whether they belong to detections.
_WHAT = {True: "are detections, but not those", False: "are not the outputs"}


def guess_family(answers: Answers, told: InputDescription, wishes: Wishes) -> FamilyGuess:
    """Return the family that is wished for, or else the first one that the answers fit.

    Raises ModelError when there is none.
    """
    guesses = (guesser(answers, told) for guesser in _asked(wishes))
    guess = next((guess for guess in guesses if guess is not None), None)
    if guess is None:
        families = [wishes.family] if wishes.family else list(GUESSERS)
        shapes = ", ".join(f"'{name}' {value.shape}" for name, value in answers.items())
        raise ModelError(
            f"the network gives {shapes}, which {_WHAT[has_detections(answers)]} of "
            f"{listed(families)}: {'leave --family out, or ' if wishes.family else ''}export it "
            f"again with outputs of one of the families in {GUIDE}"
        )
    return guess


def _asked(wishes: Wishes) -> tuple[Guesser, ...]:
    """Return the guessers of the families that the user's wishes leave, in their order."""
    if wishes.family is not None:
        return (GUESSERS[wishes.family],)
    if wishes.classes is None:
        return _UNASKED
    return _WITH_OBJECTS if OBJECT in wishes.classes else _WITHOUT_OBJECTS
