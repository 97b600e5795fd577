"""Guards what a mask's values mean: soft edges are no hands, ids stay ids, doubt is told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg_ros.datasets.label_options import LabelOptions, MaskValues
from handseg_ros.datasets.mask_folder.reading import open_folder
from handseg_ros.datasets.mask_values import SOFT_NOTE, MaskKind, kind_of
from handseg_ros.image_messages.pictures import decode_picture

SIZE = (240, 320)
Degrade = Callable[[np.ndarray], np.ndarray]


def hands(count: int, size: float, seed: int, line: int = cv2.LINE_8) -> list[np.ndarray]:
    """Return hands as discs with five fingers, each 0 and 255 in a mask of its own."""
    random = np.random.default_rng(seed)
    masks = []
    for place in range(count):
        mask = np.zeros(SIZE, np.uint8)
        across = 60 + 200 * place / max(1, count - 1)
        middle = np.array([across, random.uniform(70, 170)])
        cv2.circle(mask, tuple(middle.astype(int)), int(20 * size), 255, cv2.FILLED, line)
        for angle in random.uniform(0, 2 * np.pi, 5):
            tip = middle + np.array([np.cos(angle), np.sin(angle)]) * 44 * size
            ends = tuple(middle.astype(int)), tuple(tip.astype(int))
            cv2.line(mask, *ends, 255, max(2, int(7 * size)), line)
        masks.append(mask)
    return masks


def resized(scale: float, interpolation: int) -> Degrade:
    return lambda mask: cv2.resize(mask, None, fx=scale, fy=scale, interpolation=interpolation)


def blurred(sigma: float) -> Degrade:
    return lambda mask: cv2.GaussianBlur(mask, (0, 0), sigma)


def jpeg(quality: int) -> Degrade:
    def coded(mask: np.ndarray) -> np.ndarray:
        data = cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return decode_picture(data.tobytes(), "the mask", cv2.IMREAD_GRAYSCALE)

    return coded


DEGRADED: dict[str, Degrade] = {
    "blurred a little": blurred(0.6),
    "blurred": blurred(2),
    "blurred much": blurred(4),
    "halved": resized(0.5, cv2.INTER_AREA),
    "doubled": resized(2, cv2.INTER_LINEAR),
    "three quarters": resized(0.75, cv2.INTER_LINEAR),
    "bicubic": resized(0.7, cv2.INTER_CUBIC),
    "Lanczos": resized(1.5, cv2.INTER_LANCZOS4),
    "JPEG 50": jpeg(50),
    "JPEG 75": jpeg(75),
    "JPEG 95": jpeg(95),
    "of 254": lambda mask: cv2.convertScaleAbs(blurred(1)(mask), alpha=254 / 255),
}  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("size", [0.5, 1, 2])
@pytest.mark.parametrize("name", [*DEGRADED, "anti-aliased"])
def test_soft_edges_are_known(name: str, size: float, count: int) -> None:
    if name == "anti-aliased":
        mask = np.maximum.reduce(hands(count, size, 1, cv2.LINE_AA))
    else:
        mask = DEGRADED[name](np.maximum.reduce(hands(count, size, 1)))
    assert len(np.unique(mask)) > 2
    assert kind_of(mask) is MaskKind.SOFT


IDS = ([1, 2, 3, 4], [1, 255, 2, 3], [254, 255, 253, 1], [60, 120, 180, 240], [200, 201, 202, 203])


@pytest.mark.parametrize("ids", IDS, ids=str)
@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("size", [0.5, 1, 2])
def test_ids_stay_ids(size: float, count: int, ids: list[int]) -> None:
    image = np.zeros(SIZE, np.uint8)
    for mask, number in zip(hands(count, size, 2), ids, strict=False):
        image[mask > 0] = number
    assert kind_of(image) is MaskKind.IDS
    image[3:5, 5:9] = 7  # a fragment of another hand
    assert kind_of(image) is MaskKind.IDS


@pytest.mark.parametrize("step", [1, 12])
@pytest.mark.parametrize("size", [0.3, 1])
def test_ids_of_many_hands_stay_ids(size: float, step: int) -> None:
    image = np.zeros(SIZE, np.uint8)
    for number, mask in enumerate(hands(20, size, 3), start=1):
        image[mask > 0] = number * step
    assert kind_of(image) is MaskKind.IDS


def test_what_is_unclear_is_said() -> None:
    gradient = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    assert kind_of(gradient) is MaskKind.UNCLEAR
    assert kind_of(np.zeros(SIZE, np.uint8)) is MaskKind.EMPTY


def write(folder: Path, **masks: np.ndarray) -> Path:
    for name, mask in masks.items():
        for part, pixels in (("images", np.zeros((*mask.shape, 3), np.uint8)), ("masks", mask)):
            (folder / part).mkdir(exist_ok=True)
            cv2.imwrite(str(folder / part / f"{name}.png"), pixels)
    return folder


@pytest.mark.parametrize("value", [1, 254, 15])
def test_one_value_in_all_masks_is_all_hands_together(value: int, tmp_path: Path) -> None:
    first, second = (mask // 255 * np.uint8(value) for mask in hands(2, 1, 4))
    folder = write(tmp_path, a=first, b=second, c=np.zeros(SIZE, np.uint8))
    frames = list(open_folder(folder))
    for frame, mask in zip(frames[:2], (first, second), strict=True):
        assert frame.ground_truth is not None
        assert not frame.ground_truth.has_instances
        np.testing.assert_array_equal(frame.ground_truth.mask, mask > 0)
        assert f"0 and {value} alone" in frame.notes[0]
    assert frames[2].notes == ()
    ids = open_folder(folder, LabelOptions(MaskValues.IDS))
    assert [frame.ground_truth.has_instances for frame in ids if frame.ground_truth] == [True] * 3
    (folder / "frames.csv").write_text(f"name,sides\na,{value}=left\n")
    told = open_folder(folder)  # whoever names a side of an id has ids
    assert [frame.ground_truth.has_instances for frame in told if frame.ground_truth] == [True] * 3


def test_one_hand_a_frame_with_ids_of_its_own_stays_a_hand(tmp_path: Path) -> None:
    one, two = (mask // 255 for mask in hands(2, 1, 4))
    frames = list(open_folder(write(tmp_path, a=one, b=one + 2 * two * (1 - one))))
    assert [frame.ground_truth.has_instances for frame in frames if frame.ground_truth] == [
        True,
        True,
    ]
    assert [frame.notes for frame in frames] == [(), ()]


def test_soft_masks_are_cut_at_128_and_told(tmp_path: Path) -> None:
    soft = blurred(1.5)(np.maximum.reduce(hands(2, 1, 5)))
    (tmp_path / "objects").mkdir()
    cv2.imwrite(str(tmp_path / "objects" / "a.png"), soft)
    (frame,) = open_folder(write(tmp_path, a=soft))
    assert frame.ground_truth is not None
    assert frame.ground_truth.objects is not None
    for mask in (frame.ground_truth.mask, frame.ground_truth.objects):
        np.testing.assert_array_equal(mask, soft >= 128)
    assert not frame.ground_truth.has_instances
    assert frame.notes == (SOFT_NOTE,)


def test_an_unclear_mask_is_skipped_until_it_is_said_what_it_is(tmp_path: Path) -> None:
    gradient = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    folder = write(tmp_path, a=gradient, b=gradient * 0)
    labelled = open_folder(folder)
    assert [frame.name for frame in labelled] == ["b"]
    assert "its mask has 64 values" in labelled.skipped[0].reason
    assert "--mask-values binary or ids" in labelled.skipped[0].reason
    for values, is_ids in ((MaskValues.IDS, True), (MaskValues.BINARY, False)):
        first, _ = open_folder(folder, LabelOptions(values))
        assert first.ground_truth is not None
        assert first.ground_truth.has_instances == is_ids
        np.testing.assert_array_equal(first.ground_truth.mask, gradient > 0)
