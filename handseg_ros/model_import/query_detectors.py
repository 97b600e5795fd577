"""Guessers of networks that give a mask of the image for each query or detection, and YOLACT."""

from __future__ import annotations

from handseg_ros.model_import.box_detectors import orders_of
from handseg_ros.model_import.family_guess import FamilyGuess
from handseg_ros.model_import.output_statistics import Answers, OutputFacts
from handseg_ros.segmentation.description import LEFT_HAND, RIGHT_HAND, InputDescription
from handseg_ros.segmentation.errors import ModelError

# Boxes as shares of the image may reach a little beyond it.
_BEYOND = 0.2
_EDGES, _WITH_SCORE = 4, 5


def guess_rf_detr_seg(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of boxes (1, N, 4), logits (1, N, classes) and masks (1, N, rows, columns)."""
    masks = [name for name, facts in answers.items() if len(facts.shape) == 4]
    if len(answers) != 3 or len(masks) != 1:
        return None
    count = answers[masks[0]].shape[1]
    lists = [name for name, facts in answers.items() if _is_list(facts, count)]
    boxes = [name for name in lists if _are_shares(answers[name])]
    if len(lists) != 2 or not boxes:
        return None
    # Four classes look like boxes, whose name then tells.
    box = next((name for name in boxes if "box" in name.lower() or "det" in name.lower()), boxes[0])
    (logits,) = (name for name in lists if name != box)
    classes = answers[logits].shape[2]
    orders = orders_of(classes, 0)
    if classes == 3:
        orders = (*orders, ("class_0", LEFT_HAND, RIGHT_HAND), (LEFT_HAND, RIGHT_HAND, "class_2"))
    why = f"'{box}', '{logits}' and '{masks[0]}' are boxes, classes and masks of {count} queries"
    outputs = {"logits": logits, "masks": masks[0]}
    return FamilyGuess("rf_detr_seg", why, outputs, orders, usual="imagenet")


def guess_rtmdet_ins(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Return a guess of boxes with scores (1, N, 5), labels (1, N) and masks of the image."""
    found: dict[str, str] = {}
    for name, facts in answers.items():
        if len(facts.shape) == 3 and facts.shape[2] == _WITH_SCORE:
            found["boxes"] = name
        elif len(facts.shape) == 2 and facts.is_whole:
            found["labels"] = name
        elif len(facts.shape) == 4 and facts.shape[2:] == (told.height, told.width):
            found["masks"] = name
    if set(found) != {"boxes", "labels", "masks"}:
        return None
    if len({answers[name].shape[:2] for name in found.values()}) != 1:
        return None
    classes = 1 + max(0, int(answers[found["labels"]].highest))
    orders = orders_of(classes, 0)
    if classes == 2:
        orders = ((LEFT_HAND, RIGHT_HAND), *orders)
    why = "it gives boxes with scores, labels, and a mask of the whole image for each"
    return FamilyGuess(
        "rtmdet_ins", why, found, orders, resize="letterbox", usual="imagenet", colour="BGR"
    )


def refuse_yolact(answers: Answers, told: InputDescription) -> FamilyGuess | None:
    """Raise ModelError for the outputs of YOLACT; returns None for others.

    That is, for each anchor, boxes, classes and as many coefficients as there are prototypes.
    """
    counts = {facts.shape[1] for facts in answers.values() if len(facts.shape) == 3}
    maps = [facts.shape for facts in answers.values() if len(facts.shape) == 4]
    if len(counts) != 1 or len(maps) != 1:
        return None
    sizes = [facts.shape[2] for facts in answers.values() if len(facts.shape) == 3]
    prototypes = {maps[0][1], maps[0][3]} & set(sizes)
    if len(sizes) == 3 and _EDGES in sizes and prototypes:
        raise ModelError(
            "the network gives boxes, classes and mask coefficients of "
            f"{counts.pop()} anchors beside prototypes, as YOLACT does, which is not decoded: take "
            "a network of the families 'yolo_seg', 'rtmdet_ins' or 'rf_detr_seg' in its place"
        )
    return None


def _is_list(facts: OutputFacts, count: int) -> bool:
    return len(facts.shape) == 3 and facts.shape[:2] == (1, count)


def _are_shares(facts: OutputFacts) -> bool:
    in_image = facts.lowest >= -_BEYOND and facts.highest <= 1 + _BEYOND
    return facts.shape[2] == _EDGES and in_image
