"""Guards bags as labelled frames: labels found by stamp, sides, what is skipped, memory."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.bags import (
    IMAGE,
    KINDS,
    PERIOD,
    Entry,
    compressed_entry,
    image_entry,
    noise,
    serialized,
    stamp_of,
    stamped,
    storage_file,
    write_bag,
)

from handseg_ros.bags.definitions import HANDS, blank_message, known_types
from handseg_ros.bags.recording import MADE_BY
from handseg_ros.datasets.bag.options import BagOptions, GroundTruthTopicNames
from handseg_ros.datasets.bag.reading import BagDataset
from handseg_ros.datasets.frames import LabelledFrame
from handseg_ros.datasets.registry import open_bag_dataset
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.hands import Side

SHAPE = (24, 32)
LATE = 30 * PERIOD
RUBBISH = b"\x00\x01\x00\x00rubbish"


def _images(count: int) -> list[Entry]:
    return [image_entry("/image", stamp_of(number), noise(number)) for number in range(count)]


def _mask(number: int, value: int = 255) -> np.ndarray:
    """Return a mask whose column tells which image it belongs to."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[4:9, number : number + 3] = value
    return mask


def _masks(numbers: Any, value: int = 255, topic: str = "/ground_truth/mask") -> list[Entry]:
    return [
        image_entry(topic, stamp_of(number), _mask(number, value), "mono8") for number in numbers
    ]


def _hands_entry(number: int, sides: dict[int, Side], height: int = SHAPE[0]) -> Entry:
    """Return HandInstances with one hand an id, 3x5 pixels, each 8 columns right of the last."""
    message = stamped(HANDS, stamp_of(number))
    message.height, message.width, message.model = height, SHAPE[1], "a person"
    for place, (identity, side) in enumerate(sides.items()):
        hand = blank_message(known_types(), "handseg_ros/msg/HandInstance")
        hand.id, hand.side, hand.track_id = identity, int(side), 10 * identity
        hand.roi.x_offset, hand.roi.y_offset = number + 8 * place, 4
        hand.roi.width, hand.roi.height = 3, 5
        hand.mask.width, hand.mask.height, hand.mask.step = 3, 5, 3
        hand.mask.encoding, hand.mask.data = "mono8", np.full(15, 255, np.uint8)
        message.hands.append(hand)
    return Entry("/ground_truth/hands", HANDS, stamp_of(number) + 9, serialized(message, HANDS))


def _by_time(*parts: list[Entry]) -> list[Entry]:
    return sorted((entry for part in parts for entry in part), key=lambda entry: entry.log_time)


def _later(entries: list[Entry], delay: int) -> list[Entry]:
    return [Entry(item.topic, item.msgtype, item.log_time + delay, item.data) for item in entries]


def _frames(path: Path, choice: BagOptions | None = None) -> list[LabelledFrame]:
    return list(BagDataset(path, choice))


@pytest.mark.parametrize("kind", KINDS)
def test_frames_come_once_in_order_with_their_labels(kind: str, tmp_path: Path) -> None:
    entries = _by_time(_images(6), _masks([1, 2, 5]))
    words = {"light": "dim", MADE_BY: "no tag, as it tells of the masks and not of the images"}
    bag = BagDataset(write_bag(tmp_path / "kitchen", entries, KINDS[kind], words))
    assert (bag.title, bag.length) == ("kitchen", 6)
    for _ in range(2):
        frames = list(bag)
        assert [frame.stamp for frame in frames] == [stamp_of(number) for number in range(6)]
        for number, frame in enumerate(frames):
            np.testing.assert_array_equal(frame.image, noise(number))
            assert frame.sequence == "kitchen"
            assert frame.tags == {"light": "dim"}
        assert [number for number, frame in enumerate(frames) if frame.ground_truth] == [1, 2, 5]
        for number in (1, 2, 5):
            ground_truth = frames[number].ground_truth
            assert ground_truth is not None
            assert not ground_truth.has_instances
            np.testing.assert_array_equal(ground_truth.ids, _mask(number, 1))
        assert bag.skipped == []


def test_a_bag_is_called_by_its_folder_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_bag(tmp_path / "kitchen", _images(1)))
    assert BagDataset(".").title == "kitchen"


def test_some_frames_come_without_the_others(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _by_time(_images(6), _masks([1, 2, 5])))
    bag = open_bag_dataset(path)
    assert isinstance(bag, BagDataset)
    frames = list(bag)
    chosen = list(bag.only([frames[5].name, frames[1].name]))
    assert [frame.name for frame in chosen] == [frames[1].name, frames[5].name]
    for number, frame in zip((1, 5), chosen, strict=True):
        np.testing.assert_array_equal(frame.image, noise(number))
        assert frame.ground_truth is not None
        np.testing.assert_array_equal(frame.ground_truth.ids, _mask(number, 1))


@pytest.mark.parametrize("delay", [-LATE, 0, LATE])
def test_labels_may_lie_anywhere_in_the_bag(delay: int, tmp_path: Path) -> None:
    entries = _by_time(_images(30), _later(_masks(range(0, 29, 2)), delay))
    frames = _frames(write_bag(tmp_path / "bag", entries))
    assert [number for number, frame in enumerate(frames) if frame.ground_truth] == [
        *range(0, 29, 2)
    ]


def test_labels_out_of_order_are_found(tmp_path: Path) -> None:
    swapped = _later(_masks([1]), 5 * PERIOD) + _masks([2]) + _later(_masks([3]), 2 * PERIOD)
    frames = _frames(write_bag(tmp_path / "bag", _by_time(_images(8), swapped)))
    assert [number for number, frame in enumerate(frames) if frame.ground_truth] == [1, 2, 3]


def _entry(topic: str, when: int, stamp: int, pixels: np.ndarray) -> Entry:
    """Return an image recorded at one time with the stamp of another."""
    encoding = "mono8" if pixels.ndim == 2 else "bgr8"
    made = image_entry(topic, stamp, pixels, encoding)
    return Entry(topic, made.msgtype, stamp_of(when), made.data)


@pytest.mark.parametrize("stamp", ["none", "of two"])
def test_images_that_no_stamp_tells_apart_get_no_label(stamp: str, tmp_path: Path) -> None:
    stamps = [0 if stamp == "none" else stamp_of(number // 2) for number in range(6)]
    pictures = [_entry("/image", n, stamps[n], noise(n)) for n in range(6)]
    masks = [_entry("/ground_truth/mask", n, stamps[n], _mask(n)) for n in (0, 1, 3, 4, 5)]
    last = [_entry("/image", 7, stamp_of(7), noise(7)), *_masks([7])]
    bag = BagDataset(write_bag(tmp_path / "bag", _by_time(pictures, masks, last)))
    (frame,) = bag
    assert frame.ground_truth is not None
    np.testing.assert_array_equal(frame.image, noise(7))
    np.testing.assert_array_equal(frame.ground_truth.ids, _mask(7, 1))
    reasons = [item.reason for item in bag.skipped]
    assert sum("stamp" in reason for reason in reasons) >= 6


def test_two_labels_of_one_stamp_are_of_nobody(tmp_path: Path) -> None:
    twice = [*_masks([0, 1, 2]), *_later(_masks([1]), 1)]
    bag = BagDataset(write_bag(tmp_path / "bag", _by_time(_images(3), twice)))
    assert [frame.ground_truth is not None for frame in bag] == [True, False, True]
    assert "2 of its labels have a stamp that another has" in bag.skipped[0].reason


def test_a_loop_that_was_recorded_has_its_labels_in_each_pass(tmp_path: Path) -> None:
    length = 60
    pictures, masks = [], []
    for when in range(2 * length):
        stamp = stamp_of(when % length)
        masks.append(_entry("/ground_truth/mask", when, stamp, _mask(when % 20)))
        if when % 2:
            pictures.append(_entry("/image", when, stamp, noise(when % 20)))
    frames = _frames(write_bag(tmp_path / "bag", _by_time(pictures, masks)))
    assert len(frames) == length
    for number, frame in enumerate(frames):
        assert frame.ground_truth is not None
        np.testing.assert_array_equal(frame.ground_truth.ids, _mask((2 * number + 1) % 20, 1))


def test_instance_masks_are_told_from_semantic_ones_by_their_values(tmp_path: Path) -> None:
    empty = image_entry("/ground_truth/instances", stamp_of(0), np.zeros(SHAPE, np.uint8), "mono8")
    masks = [empty, *_masks([1, 2], value=2, topic="/ground_truth/instances")]
    frames = _frames(write_bag(tmp_path / "bag", _by_time(_images(3), masks)))
    for number, frame in enumerate(frames):
        assert frame.ground_truth is not None
        assert frame.ground_truth.has_instances
        np.testing.assert_array_equal(frame.ground_truth.ids, _mask(number, 2) if number else 0)


def test_labels_that_belong_to_no_image_and_damaged_ones_are_counted(tmp_path: Path) -> None:
    topic = "/ground_truth/mask"
    masks = [*_masks(range(0, 40, 2)), Entry(topic, IMAGE, stamp_of(3), RUBBISH)]
    late = _hands_entry(90, {1: Side.LEFT})
    bag = BagDataset(write_bag(tmp_path / "bag", _by_time(_images(6), masks, [late])))
    for _ in range(2):
        assert [frame.stamp for frame in bag if frame.ground_truth] == [
            stamp_of(n) for n in (0, 2, 4)
        ]
        assert [(item.name, item.reason) for item in bag.skipped] == [
            (topic, "17 of its labels have no image of their stamp"),
            (topic, "1 of its messages are damaged"),
            ("/ground_truth/hands", "1 of its labels have no image of their stamp"),
        ]


def test_png_masks_are_read_and_jpeg_masks_are_refused(tmp_path: Path) -> None:
    topic = "/ground_truth/mask/compressed"
    masks = [
        compressed_entry(topic, stamp_of(0), _mask(0), ".png"),
        compressed_entry(topic, stamp_of(1), _mask(1), ".jpg"),
    ]
    bag = BagDataset(write_bag(tmp_path / "bag", _by_time(_images(2), masks)))
    (frame,) = bag
    assert frame.ground_truth is not None
    np.testing.assert_array_equal(frame.ground_truth.ids, _mask(0, 1))
    assert "JPEG" in bag.skipped[0].reason


def test_hands_bring_sides_tracks_and_their_own_masks(tmp_path: Path) -> None:
    hands = [
        _hands_entry(0, {1: Side.LEFT, 2: Side.RIGHT}),
        _hands_entry(1, {1: Side.UNKNOWN}),
        _hands_entry(2, {}),
    ]
    frames = _frames(write_bag(tmp_path / "bag", _by_time(_images(4), hands)))
    first, second, third = (frame.ground_truth for frame in frames[:3])
    assert first is not None
    assert second is not None
    assert third is not None
    np.testing.assert_array_equal(first.ids, _mask(0, 1) + _mask(8, 2))
    assert first.has_instances
    assert first.sides == {1: Side.LEFT, 2: Side.RIGHT}
    assert first.tracks == {1: 10, 2: 20}
    assert second.sides == {}
    assert third.has_instances
    assert not third.ids.any()
    assert frames[3].ground_truth is None


def test_sides_belong_to_the_ids_of_the_instance_masks(tmp_path: Path) -> None:
    masks = _masks([0], value=2, topic="/ground_truth/instances")
    hands = [_hands_entry(0, {1: Side.LEFT, 2: Side.RIGHT})]
    (frame,) = _frames(write_bag(tmp_path / "bag", _by_time(_images(1), masks, hands)))
    assert frame.ground_truth is not None
    assert frame.ground_truth.sides == {2: Side.RIGHT}
    np.testing.assert_array_equal(frame.ground_truth.ids, _mask(0, 2))


def test_objects_are_labelled_too(tmp_path: Path) -> None:
    masks = _masks([0, 1]) + _masks([1], topic="/ground_truth/objects")
    frames = _frames(write_bag(tmp_path / "bag", _by_time(_images(2), masks)))
    assert frames[0].ground_truth is not None
    assert frames[0].ground_truth.objects is None
    assert frames[1].ground_truth is not None
    np.testing.assert_array_equal(frames[1].ground_truth.objects, _mask(1) > 0)


def test_answers_of_a_node_are_labels_only_when_named(tmp_path: Path) -> None:
    answers = "/hand_segmentation/mask"
    path = write_bag(tmp_path / "bag", _by_time(_images(2), _masks([0, 1], topic=answers)))
    assert [frame.ground_truth for frame in _frames(path)] == [None, None]
    named = BagOptions(ground_truth=GroundTruthTopicNames(masks=answers))
    assert all(frame.ground_truth is not None for frame in _frames(path, named))
    with pytest.raises(MediaError, match="no topic '/labels'"):
        BagDataset(path, BagOptions(ground_truth=GroundTruthTopicNames(masks="/labels")))
    with pytest.raises(MediaError, match="'/image' is sensor_msgs/msg/Image"):
        BagDataset(path, BagOptions(ground_truth=GroundTruthTopicNames(hands="/image")))


def test_masks_beside_the_bag_are_found_by_their_names(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _images(5))
    folder = tmp_path / "masks"
    folder.mkdir()
    seconds, nanoseconds = divmod(stamp_of(1), 10**9)
    for number, name in (
        (0, f"{stamp_of(0)}.png"),
        (1, f"{seconds}.{nanoseconds:09d}.png"),
        (2, f"000002_{stamp_of(2)}.png"),
    ):
        cv2.imwrite(str(folder / name), _mask(number))
    (folder / f"{stamp_of(4)}.png").write_bytes(b"no picture")
    bag = BagDataset(path, BagOptions(masks=folder))
    frames = list(bag)
    for number, frame in enumerate(frames[:3]):
        assert frame.ground_truth is not None
        np.testing.assert_array_equal(frame.ground_truth.ids, _mask(number, 1))
    assert frames[3].ground_truth is None
    (skipped,) = bag.skipped
    assert f"'{stamp_of(4)}.png' is no picture" in skipped.reason


def test_masks_beside_the_bag_of_any_suffix_are_read_and_those_left_over_told(
    tmp_path: Path,
) -> None:
    path = write_bag(tmp_path / "bag", _images(3))
    folder = tmp_path / "masks"
    folder.mkdir()
    for number, suffix in enumerate((".PNG", ".png", ".Tif", ".png")):
        cv2.imwrite(str(folder / f"{stamp_of(number)}{suffix}"), _mask(number, 9 + number))
    (folder / f"{stamp_of(1)}.txt").write_text("made with a tool")
    cv2.imwrite(str(folder / "cover.png"), _mask(0))
    bag = BagDataset(path, BagOptions(masks=folder))
    frames = list(bag)
    for number, frame in enumerate(frames):
        assert frame.ground_truth is not None
        assert frame.ground_truth.has_instances
        np.testing.assert_array_equal(frame.ground_truth.ids, _mask(number, 9 + number))
    told = {item.name: item.reason for item in bag.skipped}
    assert told == {
        str(stamp_of(3)): "its mask has no image of its stamp",
        "cover": "its mask's name is no stamp",
    }
    cv2.imwrite(str(folder / f"000001_{stamp_of(1)}.png"), _mask(1))
    with pytest.raises(MediaError, match="are masks of one image: delete one"):
        _frames(path, BagOptions(masks=folder))


def test_a_coloured_mask_beside_the_bag_is_no_label(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _images(2))
    (tmp_path / "masks").mkdir()
    cv2.imwrite(str(tmp_path / "masks" / f"{stamp_of(0)}.png"), _mask(0))
    colours = cv2.applyColorMap(_mask(1, 40), cv2.COLORMAP_JET)
    cv2.imwrite(str(tmp_path / "masks" / f"{stamp_of(1)}.png"), colours)
    bag = BagDataset(path, BagOptions(masks=tmp_path / "masks"))
    assert [frame.stamp for frame in bag] == [stamp_of(0)]
    assert "no grey picture of 8 bits" in bag.skipped[0].reason


def _soft(number: int) -> np.ndarray:
    """Return a large mask with soft edges in a picture of twice the size."""
    mask = np.zeros((48, 64), np.uint8)
    cv2.circle(mask, (24 + number, 24), 15, 255, cv2.FILLED)
    return cv2.GaussianBlur(mask, (5, 5), 0)


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("kind", ["soft", "0 and 1"])
def test_masks_of_all_hands_are_known_by_their_values(
    kind: str, beside: bool, tmp_path: Path
) -> None:
    made = [_soft(n) if kind == "soft" else (_soft(n) >= 128).astype(np.uint8) for n in range(3)]
    entries = [image_entry("/image", stamp_of(n), noise(n, 48, 64)) for n in range(3)]
    folder = tmp_path / "masks"
    folder.mkdir()
    for number, mask in enumerate(made):
        if beside:
            cv2.imwrite(str(folder / f"{stamp_of(number)}.png"), mask)
        else:
            entries.append(image_entry("/ground_truth/mask", stamp_of(number), mask, "mono8"))
    path = write_bag(tmp_path / "bag", entries)
    frames = _frames(path, BagOptions(masks=folder) if beside else None)
    assert len(frames) == 3
    for number, frame in enumerate(frames):
        assert frame.ground_truth is not None
        assert not frame.ground_truth.has_instances
        np.testing.assert_array_equal(
            frame.ground_truth.ids, (_soft(number) >= 128).astype(np.uint8)
        )
        assert len(frame.notes) == 1


def test_hands_of_one_id_or_of_a_size_that_cannot_be_are_skipped(tmp_path: Path) -> None:
    wide = _hands_entry(1, {1: Side.LEFT}, height=2**31)
    entries = _by_time(
        _images(3), [_hands_entry(0, {0: Side.LEFT}), wide, _hands_entry(2, {3: Side.LEFT})]
    )
    bag = BagDataset(write_bag(tmp_path / "bag", entries))
    assert [frame.stamp for frame in bag] == [stamp_of(2)]
    assert "the ids [0]" in bag.skipped[0].reason
    assert "no side may have more than" in bag.skipped[1].reason


def test_a_folder_without_stamps_is_refused(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _images(1))
    cv2.imwrite(str(tmp_path / "first.png"), _mask(0))
    with pytest.raises(MediaError, match=r"stamp.*1700000000123456789\.png"):
        _frames(path, BagOptions(masks=tmp_path))
    with pytest.raises(MediaError, match=r"folder of masks .*gone' does not exist: check"):
        _frames(path, BagOptions(masks=tmp_path / "gone"))


def test_what_cannot_be_used_is_skipped_and_counted(tmp_path: Path) -> None:
    entries = _by_time(
        [*_images(2), Entry("/image", IMAGE, stamp_of(2), b"\x00\x01\x00\x00rubbish")],
        [image_entry("/ground_truth/mask", stamp_of(0), np.zeros((5, 5), np.uint8), "mono8")],
    )
    bag = BagDataset(write_bag(tmp_path / "bag", entries))
    assert [frame.stamp for frame in bag] == [stamp_of(1)]
    assert [item.name[:6] for item in bag.skipped] == ["000000", "000002"]
    assert "5x5 pixels does not fit" in bag.skipped[0].reason


def test_a_damaged_hand_is_skipped(tmp_path: Path) -> None:
    entries = _by_time(_images(2), [_hands_entry(0, {1: Side.LEFT}, height=6)])
    bag = BagDataset(write_bag(tmp_path / "bag", entries))
    assert [frame.stamp for frame in bag] == [stamp_of(1)]
    assert "hand 1" in bag.skipped[0].reason


def test_a_truncated_bag_tells_what_is_lost(tmp_path: Path) -> None:
    big = [image_entry("/image", stamp_of(n), noise(n, 240, 320)) for n in range(20)]
    path = write_bag(tmp_path / "bag", big)
    file = storage_file(path)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    bag = BagDataset(path)
    read = [frame.stamp for frame in bag]
    assert read == [stamp_of(number) for number in range(len(read))]
    assert 5 < len(read) < 15
    assert [item.name for item in bag.skipped] == ["bag"]
    assert "truncated" in bag.skipped[0].reason


def test_a_bag_without_one_usable_image_fails(tmp_path: Path) -> None:
    bad = [Entry("/image", IMAGE, stamp_of(n), b"\x00\x01\x00\x00rubbish") for n in range(3)]
    bag = BagDataset(write_bag(tmp_path / "bag", bad))
    with pytest.raises(MediaError, match="no usable image on /image: 3 were skipped, the first"):
        list(bag)


_PEAK = """
import resource, sys
from handseg_ros.datasets.bag.reading import BagDataset
frames = sum(frame.ground_truth is not None for frame in BagDataset(sys.argv[1]))
print(frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_a_bag_in_sqlite(tmp_path: Path) -> None:
    """Ten thousand frames take a few MB more than five hundred; MCAP is in `test_memory.py`."""
    peaks = {}
    picture, mask = noise(0, 48, 64), np.full((48, 64), 255, np.uint8)
    for count in (500, 10_000):
        entries = (
            entry
            for number in range(count)
            for entry in (
                image_entry("/image", stamp_of(number), picture),
                image_entry("/ground_truth/mask", stamp_of(number), mask, "mono8"),
            )
        )
        path = write_bag(tmp_path / str(count), entries, KINDS["sqlite"])
        command = [sys.executable, "-c", _PEAK, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        frames, peaks[count] = map(int, done.stdout.split())
        assert frames == count
    assert peaks[10_000] < peaks[500] + 15
