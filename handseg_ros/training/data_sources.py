"""The sources of training pictures: where they lie and how their masks are coded.

docs/model.md says where each source comes from and what its licence is. Every loader leaves out
what `handseg_ros.datasets.splits` keeps back for judging.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from tqdm import tqdm

from handseg_ros.datasets.picture_files import read_mask, read_picture
from handseg_ros.datasets.splits import HELD_OUT_PEOPLE, kept_for_training, person
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side
from handseg_ros.training.box_supervision import BOX_SOURCES, box_supervised_images, weak_sample
from handseg_ros.training.masked import (
    MASKED_SOURCES,
    SKIN_SOURCE,
    coded_ids,
    masked_samples,
    skin_samples,
)
from handseg_ros.training.samples import IGNORE, PART, Sample, hand_free

Item = TypeVar("Item")

# Pictures are kept in memory at most this large, which is what the data has, or as the network's
# input where that is larger.
LONGEST_SIDE = 640
_RENDERED_ID_UNIT = 25.5
_SMALLEST_CUTOUT = 1500
# A hand with more of its outline unknown is a part of one: pasted, its edges would be wrong.
_MOST_UNKNOWN_OUTLINE = 0.5


@dataclass(frozen=True)
class Source:
    """Whose pictures they are, and what their licence says; "unstated" where it says nothing."""

    title: str
    licence: str


BACKGROUNDS = ("cards", "dtd", "houses", "imagenet", "kitchen")
SOURCES = {
    "hgr": Source("HGR1 and HGR2B (Kawulok et al.)", "unstated"),
    "massey": Source("Massey University ASL hands", "unstated"),
    "ccp": Source("Clothing Co-Parsing (Yang, Luo, Lin)", "Apache-2.0"),
    "roboflow_obb": Source("Roboflow hands-dguzk (golfballtracking-project)", "CC BY 4.0"),
    "subhih": Source("HandsDataset (SubhiH)", "Apache-2.0"),
    "asl_letters": Source("American Sign Language Letters (David Lee)", "public domain"),
    "rf100": Source("RF100 hand-gestures-jps7z", "CC BY 4.0"),
    "gloves_bare": Source("Roboflow glove-q7czq", "MIT"),
    "gloves_white": Source("Roboflow gloves (sana-ali)", "public domain"),
    "gloves_sabanci": Source("Roboflow glove-detection (sabanc)", "CC BY 4.0"),
    "ego_table": Source("Li_Cheng_Hand_Mask, head-camera tables", "unstated"),
    "oxford_hands": Source("Oxford hands (Mittal, Zisserman, Torr)", "unstated"),
    "skin_people": Source("Pratheepan and SkinDetector skin photos", "unstated"),
    "cards": Source("backgrounds: playing cards", "Apache-2.0"),
    "houses": Source("backgrounds: Houses-dataset", "asks for citation"),
    "kitchen": Source("backgrounds: kitchen", "Attribution Assurance"),
    "imagenet": Source("backgrounds: ImageNet samples", "unstated"),
    "dtd": Source("backgrounds: DTD textures", "unstated"),
}
# Licences that allow any use, with credit where they ask for it.
FREE_LICENCES = frozenset({"Apache-2.0", "CC BY 4.0", "MIT", "public domain"})


@dataclass(frozen=True)
class Cutout:
    """A hand to be pasted elsewhere.

    `image` is uint8 (H, W, 3), RGB; `alpha` is uint8 (H, W), 255 where the cutout is opaque, which
    may include a forearm; `hand` is uint8 (H, W), 255 where it is hand.
    """

    image: np.ndarray
    alpha: np.ndarray
    hand: np.ndarray
    side: Side


def read_rgb(file: Path) -> np.ndarray:
    """Return a picture as uint8 (H, W, 3), RGB; raises MediaError when it is none."""
    return cv2.cvtColor(read_picture(file), cv2.COLOR_BGR2RGB)


def pictures(folder: Path) -> list[Path]:
    """Return the pictures in a folder by name; raises MediaError when there is none."""
    found = sorted([*folder.glob("*.jpg"), *folder.glob("*.png"), *folder.glob("*.jpeg")])
    if not found:
        raise MediaError(f"{folder} holds no pictures: give the folder of the training data")
    return found


def shrink(image: np.ndarray, interpolation: int, longest: int) -> np.ndarray:
    """Return the image at most so many pixels long."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)


def shrink_rgb(image: np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    return shrink(image, cv2.INTER_AREA, longest)


def shrink_ids(ids: np.ndarray, longest: int = LONGEST_SIDE) -> np.ndarray:
    # The plain INTER_NEAREST takes a block's first pixel: ids would be half a pixel off the image.
    return shrink(ids, cv2.INTER_NEAREST_EXACT, longest)


def rendered_samples(data: Path) -> Iterator[Sample]:
    """Yield rendered scenes: ids 1, 2 are the first person's left and right hand, 3, 4 another's.

    `data` holds `images/` and `ids/`, the latter with 25.5 grey levels for each id.
    """
    for file in pictures(data / "images"):
        coded = read_mask(data / "ids" / f"{file.stem}.png")
        ids = np.rint(coded / _RENDERED_ID_UNIT).astype(np.uint8)
        sides = tuple(Side.LEFT if index % 2 == 0 else Side.RIGHT for index in range(ids.max()))
        yield Sample(shrink_rgb(read_rgb(file)), shrink_ids(ids), sides)


def hgr_samples(data: Path) -> Iterator[Sample]:
    """Yield photos of one hand each, cut at the wrist; forearms are background."""
    for image, hand, _ in _hgr(data):
        yield Sample(image, (hand > 0).astype(np.uint8), (Side.UNKNOWN,))


def hgr_cutouts(data: Path) -> Iterator[Cutout]:
    """Yield the same hands with their forearms, to be pasted."""
    for image, hand, skin in _hgr(data):
        rows, columns = _bounds(skin, margin=4)
        yield Cutout(image[rows, columns], skin[rows, columns], hand[rows, columns], Side.UNKNOWN)


def _hgr(data: Path) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    folder = data / "masked" / "hgr"
    for file in pictures(folder / "images"):
        derived = folder / "mask_hand_derived" / f"{file.stem}.png"
        if person(file) in HELD_OUT_PEOPLE or not derived.exists():
            continue
        hand = read_mask(derived)
        skin = read_mask(folder / "mask_skin_human" / f"{file.stem}.png")
        hand = _largest_component(cv2.bitwise_and(hand, skin))
        # A cut at the wrist leaves more hand than this; less is a wrist that was not found.
        if np.count_nonzero(hand) < 0.3 * np.count_nonzero(skin):
            continue
        yield shrink_rgb(read_rgb(file)), shrink_ids(hand), shrink_ids(skin)


def massey_cutouts(data: Path) -> Iterator[Cutout]:
    """Yield right hands on black, seen from the palm side."""
    for file in pictures(data / "cutouts" / "massey"):
        image = read_rgb(file)
        alpha = np.where(image.max(axis=2) > 18, 255, 0).astype(np.uint8)
        opened = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        # The outermost pixels are mixed with the black they were photographed on.
        alpha = _largest_component(cv2.erode(opened, np.ones((3, 3), np.uint8)))
        rows, columns = _bounds(alpha, margin=4)
        yield Cutout(image[rows, columns], alpha[rows, columns], alpha[rows, columns], Side.RIGHT)


def ccp_samples(data: Path) -> Iterator[Sample]:
    """Yield street photos: hands at 255, 128 unknown, faces and clothes are background."""
    folder = data / "masked" / "ccp"
    for file in kept_for_training(pictures(folder / "images")):
        coded = read_mask(folder / "masks" / f"{file.stem}.png")
        ids, hands = coded_ids(coded)
        # Cropped around the hand later, so no shrinking: the hands are small.
        yield Sample(read_rgb(file), ids, (Side.UNKNOWN,) * hands)


def background_samples(data: Path, folder: str) -> Iterator[Sample]:
    """Yield rooms, tables or textures without hands."""
    for file in kept_for_training(pictures(data / "backgrounds" / folder)):
        yield hand_free(shrink_rgb(read_rgb(file)))


def box_supervised_samples(data: Path, source: str, labels: Path | None) -> Iterator[Sample]:
    """Yield photos with boxes: with masks from `labels` (see `pseudo_labels`), else without."""
    for picture in box_supervised_images(data, source, LONGEST_SIDE):
        sample = weak_sample(picture)
        if labels is not None:
            ids = read_mask(labels / source / f"{picture.name}.png")
            hands = int(ids[ids < PART].max(initial=0))
            sample = Sample(sample.image, ids, (Side.UNKNOWN,) * hands)
        yield sample


def box_supervised_cutouts(samples: Sequence[Sample]) -> Iterator[Cutout]:
    """Yield the hands that `box_supervised_samples` has masks of, without their forearms.

    A hand of which the outline is unknown for the most part is not cut out.
    """
    for sample in samples:
        for index in range(1, len(sample.sides) + 1):
            hand = _largest_component(np.where(sample.ids == index, 255, 0).astype(np.uint8))
            if np.count_nonzero(hand) < _SMALLEST_CUTOUT:
                continue
            around = (cv2.dilate(hand, np.ones((3, 3), np.uint8)) > 0) & (hand == 0)
            unknown = np.count_nonzero(sample.ids[around] == IGNORE)
            if unknown > _MOST_UNKNOWN_OUTLINE * np.count_nonzero(around):
                continue
            # The outermost pixels are mixed with what was behind the hand.
            hand = cv2.erode(hand, np.ones((3, 3), np.uint8))
            rows, columns = _bounds(hand, margin=4)
            part = hand[rows, columns]
            yield Cutout(sample.image[rows, columns], part, part, Side.UNKNOWN)


@dataclass(frozen=True)
class TrainingSet:
    """All pictures in memory: whole samples by source, and hands to paste by source."""

    samples: Mapping[str, Sequence[Sample]]
    cutouts: Mapping[str, Sequence[Cutout]]


def load_training_set(
    data: Path, rendered: Sequence[Path], sources: Sequence[str], labels: Path | None = None
) -> TrainingSet:
    """Read the named sources; `rendered` are folders of rendered scenes, `labels` holds masks of
    boxed photos.

    Raises MediaError when a folder or a file of the data is missing.
    """
    samples: dict[str, list[Sample]] = {"backgrounds": [], "box_supervised": [], "masked": []}
    cutouts: dict[str, list[Cutout]] = {}
    for source in sources:
        if source in BACKGROUNDS:
            samples["backgrounds"] += _all(background_samples(data, source), source)
        elif source in BOX_SOURCES:
            photos = _all(box_supervised_samples(data, source, labels), source)
            samples["box_supervised"] += photos * BOX_SOURCES[source].repeats
        elif source in MASKED_SOURCES:
            samples["masked"] += _all(masked_samples(data, source), source)
        elif source == SKIN_SOURCE:
            samples["skin"] = _all(skin_samples(data), source)
        elif source == "massey":
            cutouts["massey"] = _all(massey_cutouts(data), "massey cutouts")
        elif source == "hgr":
            samples["hgr"] = _all(hgr_samples(data), "hgr")
            cutouts["hgr"] = _all(hgr_cutouts(data), "hgr cutouts")
        else:
            samples["ccp"] = _all(ccp_samples(data), "ccp")
    cutouts["box_supervised"] = list(box_supervised_cutouts(samples["box_supervised"]))
    scenes = [scene for folder in rendered for scene in _all(rendered_samples(folder), folder.name)]
    samples["rendered"] = [scene for scene in scenes if scene.hand.any()]
    samples["rendered_hand_free"] = [scene for scene in scenes if not scene.hand.any()]
    return TrainingSet(samples, cutouts)


def _all(items: Iterator[Item], name: str) -> list[Item]:
    return list(tqdm(items, desc=f"reading {name}", unit="picture"))


def _largest_component(mask: np.ndarray) -> np.ndarray:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask)
    return np.where(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), 255, 0).astype(np.uint8)


def _bounds(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(mask)
    rows = slice(max(0, y - margin), y + height + margin)
    return rows, slice(max(0, x - margin), x + width + margin)
