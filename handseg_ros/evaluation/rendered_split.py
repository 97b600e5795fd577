"""Score a model file on rendered scenes: `python -m handseg_ros.evaluation.rendered_split`.

Figures are what the core's Segmenter answers at full image size. All stand for what a user of the
node gets, so hands below the model's own score threshold have no part in them, not in AP either,
whose curve of precision and recall ends there. A known hand of which fewer than 40 pixels are seen
neither counts nor punishes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from handseg_ros.datasets.rendered import read_rendered, rendered_files
from handseg_ros.evaluation.average_precision import mask_ap
from handseg_ros.evaluation.command_line import load_segmenter, model_parser, print_scores
from handseg_ros.evaluation.instance_matching import size_name
from handseg_ros.evaluation.overlap import FALSE_POSITIVE_LIMIT, mean_iou, share
from handseg_ros.evaluation.rendered_answers import HandAnswer, PictureAnswer, compare
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.hands import Side
from handseg_ros.segmentation.segmenter import Segmenter

# Names of groups of hands and who belongs to them. Tones in three groups of the Monk scale, for
# bare hands; sizes as in `HandAnswer.size`.
GROUPS: dict[str, Callable[[HandAnswer], bool]] = {
    "tone_1_3": lambda hand: not hand.gloved and hand.tone <= 3,
    "tone_4_6": lambda hand: not hand.gloved and 4 <= hand.tone <= 6,
    "tone_7_10": lambda hand: not hand.gloved and hand.tone >= 7,
    "gloved": lambda hand: hand.gloved,
    "small": lambda hand: size_name(hand.size) == "small",
    "medium": lambda hand: size_name(hand.size) == "medium",
    "large": lambda hand: size_name(hand.size) == "large",
}


def score(
    segmenter: Segmenter, folder: Path, thresholds: Thresholds | None = None
) -> dict[str, float]:
    """Return every figure of a model on a folder of rendered scenes, rounded to three places.

    What has no hand (or no hand-free picture) to be measured on is left out. Raises MediaError
    for a folder that cannot be read, HandsegError when pycocotools is missing.
    """
    answers = []
    for file in tqdm(rendered_files(folder), desc="rendered", unit="picture"):
        picture = read_rendered(file)
        answers.append(compare(segmenter.segment(picture.image, thresholds), picture))
    return {name: round(value, 3) for name, value in figures(answers).items()}


def figures(answers: Sequence[PictureAnswer]) -> dict[str, float]:
    """Return the figures of pictures that were compared."""
    hands = [hand for answer in answers for hand in answer.hands]
    return {
        **picture_figures(answers),
        **side_figures(hands),
        **group_figures(hands),
        **hand_free_figures(answers),
    }


def picture_figures(answers: Sequence[PictureAnswer]) -> dict[str, float]:
    """Return IoU and mask AP of the pictures with hands, and AP of those with two or more.

    `hand_iou` is the IoU of found and known hand pixels, averaged over pictures.
    """
    scores: dict[str, float] = {}
    with_hands = [answer for answer in answers if answer.hands]
    if with_hands:
        precision = mask_ap([answer.runs for answer in with_hands])
        scores["rendered_hand_iou"] = mean_iou(answer.overlap for answer in with_hands)
        scores["rendered_ap"] = precision.ap
        scores["rendered_ap50"] = precision.ap50
        scores["rendered_ap75"] = precision.ap75
    with_several = [answer.runs for answer in with_hands if len(answer.hands) >= 2]
    if with_several:
        scores["rendered_multi_ap50"] = mask_ap(with_several).ap50
    return scores


def side_figures(hands: Sequence[HandAnswer]) -> dict[str, float]:
    """Return, of the hands that were found, the share whose side is right, and is reported at all.

    An unknown side is not right.
    """
    found = [hand for hand in hands if hand.found]
    if not found:
        return {}
    return {
        "rendered_side_right": share(hand.reported == hand.side for hand in found),
        "rendered_side_known": share(hand.reported != Side.UNKNOWN for hand in found),
    }


def group_figures(hands: Sequence[HandAnswer]) -> dict[str, float]:
    """Return recall and IoU of all hands and of each group.

    Recall is the share of known hands that a found hand is matched with; IoU the mean over known
    hands of the best IoU with a found one, so that a missed hand pulls it down.
    """
    groups = {"": hands}
    groups |= {f"_{name}": [hand for hand in hands if part(hand)] for name, part in GROUPS.items()}
    scores: dict[str, float] = {}
    for name, members in groups.items():
        if members:
            scores[f"rendered_recall{name}"] = share(hand.found for hand in members)
            scores[f"rendered_iou{name}"] = float(np.mean([hand.iou for hand in members]))
    return scores


def hand_free_figures(answers: Sequence[PictureAnswer]) -> dict[str, float]:
    """Return, of the pictures without a hand, the share left alone and the share marked.

    Left alone: no hand is reported; marked: too many pixels are hand, as in `dev_split`.
    """
    free = [answer for answer in answers if answer.hand_free]
    if not free:
        return {}
    return {
        "rendered_hand_free_left_alone": share(not answer.count for answer in free),
        "rendered_hand_free_marked": share(answer.marked > FALSE_POSITIVE_LIMIT for answer in free),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of one model and return the exit code."""
    parser = model_parser("handseg_ros.evaluation.rendered_split")
    parser.add_argument("folder", type=Path, help="folder of rendered scenes")
    options = parser.parse_args(arguments)
    return print_scores(lambda: score(load_segmenter(options), options.folder))


if __name__ == "__main__":
    sys.exit(main())
