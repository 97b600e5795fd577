"""Guards `handseg record-masks`: the old bag untouched, exact answers beside it, one valid MCAP."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from support.assets import rendered_hands
from support.bags import (
    IMAGE,
    KINDS,
    Entry,
    compressed_entry,
    image_entry,
    noise,
    serialized,
    stamp_of,
    storage_file,
    write_bag,
)
from support.colours import by_colour, coloured
from support.interrupting import interrupted

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.definitions import HANDS, blank_message, known_types, read_message, types_of
from handseg_ros.cli.main import main
from handseg_ros.outputs.table import RECORDED
from handseg_ros.segmentation.overlay import OverlayMode, Palette, draw_overlay
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.tracking.tracker import Tracker

TEXT = "std_msgs/msg/String"
IMAGES = 100
RUBBISH = b"\x00\x01\x00\x00rubbish"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return cv2.resize(rendered_hands(), (320, 240))


def _view(picture: np.ndarray, number: int) -> np.ndarray:
    """Return the n-th of a series of pictures, each moved by some pixels."""
    return np.roll(picture, 12 * number, axis=1)


def _entries(picture: np.ndarray, count: int) -> list[Entry]:
    text = serialized(blank_message(known_types(), TEXT), TEXT)
    return [
        entry
        for number in range(count)
        for entry in (
            Entry("/text", TEXT, stamp_of(number) - 3, text),
            image_entry("/camera/image", stamp_of(number), _view(picture, number), delay=5),
        )
    ]


def _read(path: Path) -> dict[str, list[tuple[int, Any]]]:
    """Return what rosbags' own reader finds: by topic, times and messages."""
    found: dict[str, list[tuple[int, Any]]] = {}
    with AnyReader([path]) as reader:
        for connection, log_time, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            found.setdefault(connection.topic, []).append((log_time, message))
    return found


def _pixels(message: Any) -> np.ndarray:
    return np.asarray(message.data).reshape(message.height, message.width, -1).squeeze()


@pytest.mark.parametrize("kind", ["sqlite", "sqlite, message", "mcap, file", "mcap, chunks"])
def test_the_old_messages_stay_as_they_were(kind: str, picture: np.ndarray, tmp_path: Path) -> None:
    entries = _entries(picture, 3)
    path = write_bag(tmp_path / "bag", entries, KINDS[kind], {"place": "kitchen"})
    out = tmp_path / "new" / "out.mcap"
    assert main(["record-masks", str(path), str(out)]) == 0
    with Bag(path) as before, Bag(out) as after:
        names = set(before.topics)
        for name in names:
            ours, theirs = after.topics[name].connection, before.topics[name].connection
            assert (ours.msgtype, ours.ext) == (theirs.msgtype, theirs.ext)
        old = [(item.topic.name, item.log_time, item.data) for item in after.messages(names)]
    assert old == [(entry.topic, entry.log_time, entry.data) for entry in entries]
    assert list(out.parent.iterdir()) == [out]


def test_the_answers_are_the_model_s_with_their_images_headers(
    picture: np.ndarray, tmp_path: Path
) -> None:
    path = write_bag(tmp_path / "bag", _entries(picture, 3))
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(path), str(out)]) == 0
    found = _read(out)
    assert set(found) == {
        "/camera/image", "/text",
        "/hand_segmentation/hands", "/hand_segmentation/mask", "/hand_segmentation/overlay",
    }  # fmt: skip
    segmenter, tracker = Segmenter.load(), Tracker()
    hands_seen = 0
    for number in range(3):
        view = _view(picture, number)
        expected = tracker.follow(segmenter.segment(view), stamp_of(number) / 1e9)
        (log_time, image), (_, hands), (_, mask), (_, overlay) = (
            found[topic][number]
            for topic in ("/camera/image", *(f"/hand_segmentation/{x}" for x in OUTPUTS_SHOWN))
        )
        for topic in OUTPUTS_SHOWN:
            answer_time, answer = found[f"/hand_segmentation/{topic}"][number]
            assert answer_time == log_time
            assert answer.header == image.header
        np.testing.assert_array_equal(_pixels(mask), expected.mask())
        drawn = draw_overlay(view, expected, OverlayMode.INSTANCES)
        np.testing.assert_array_equal(_pixels(overlay), drawn)
        assert (hands.height, hands.width) == view.shape[:2]
        assert hands.model == segmenter.description.title
        assert len(hands.hands) == len(expected.hands)
        for message, hand in zip(hands.hands, expected.hands, strict=True):
            assert (message.id, message.side, message.area) == (hand.id, hand.side, hand.area)
            assert message.track_id == hand.track_id > 0
            assert message.score == pytest.approx(hand.score)
            assert message.roi.x_offset == hand.box.x
            assert message.mask.header == image.header
            np.testing.assert_array_equal(_pixels(message.mask), hand.mask)
            hands_seen += 1
    assert hands_seen >= 3


OUTPUTS_SHOWN = ("hands", "mask", "overlay")


@pytest.mark.parametrize("is_stamped", [True, False])
def test_hands_keep_their_numbers_by_the_time_of_their_images(
    picture: np.ndarray, tmp_path: Path, is_stamped: bool
) -> None:
    """Where images are not stamped, the time of recording tells how long a hand was away."""
    tenth, black = 10**8, np.zeros_like(picture)
    # The hands are away for a second, come back, and are away for two.
    views = [*[picture] * 3, *[black] * 10, *[picture] * 3, *[black] * 20, picture]
    times = [stamp_of(0) + number * tenth for number in range(len(views))]
    entries = [
        image_entry("/camera/image", time, view, delay=5)
        if is_stamped
        else image_entry("/camera/image", 0, view, delay=time)
        for time, view in zip(times, views, strict=True)
    ]
    path, out = write_bag(tmp_path / "bag", entries), tmp_path / "out.mcap"
    asked = ["--add", "hands", "--model", "hands_fast"]
    assert main(["record-masks", str(path), str(out), *asked]) == 0
    answers = [message for _, message in _read(out)["/hand_segmentation/hands"]]
    numbers = [{hand.track_id for hand in answer.hands} for answer in answers]
    assert len(answers) == len(views)
    begun = numbers[0]
    assert begun == set(range(1, len(begun) + 1))
    assert all(numbers[place] == begun for place in (1, 2, 13, 14, 15))
    assert numbers[-1] == {number + len(begun) for number in begun}


def test_the_file_explains_its_own_messages(picture: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    path = write_bag(tmp_path / "bag", _entries(picture, 1))
    assert main(["record-masks", str(path), str(out)]) == 0
    with Bag(out) as bag:
        connection = bag.topics["/hand_segmentation/hands"].connection
        assert connection.msgtype == HANDS
        for part in ("HandInstance", "HandInstances"):
            assert types_of(connection).hash_rihs01(f"handseg_ros/msg/{part}") == (
                known_types().hash_rihs01(f"handseg_ros/msg/{part}")
            )
        text = connection.msgdef.data
    assert "uint8 SIDE_LEFT=1" in text
    for used in ("std_msgs/Header", "sensor_msgs/Image", "sensor_msgs/RegionOfInterest"):
        assert f"MSG: {used}\n" in text


def test_every_output_can_be_added_below_another_name(picture: np.ndarray, tmp_path: Path) -> None:
    entry = compressed_entry("/camera/compressed", stamp_of(0), picture, ".png")
    path = write_bag(tmp_path / "bag", [entry])
    out = tmp_path / "out.mcap"
    asked = ["--add", *RECORDED, "--namespace", "mine/"]
    assert main(["record-masks", str(path), str(out), *asked]) == 0
    found = _read(out)
    # This model knows no objects.
    assert set(found) == {
        "/camera/compressed", *(f"/mine/{name}" for name in RECORDED if name != "objects")
    }  # fmt: skip
    expected = Segmenter.load().segment(picture)
    _, png = found["/mine/mask/compressed"][0]
    np.testing.assert_array_equal(cv2.imdecode(png.data, cv2.IMREAD_UNCHANGED), expected.mask())
    np.testing.assert_array_equal(_pixels(found["/mine/instances"][0][1]), expected.instances())


def test_objects_and_colours_are_those_of_a_model_that_knows_them(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(0), coloured())])
    out = tmp_path / "out.mcap"
    model = by_colour(tmp_path / "colours.onnx")
    asked = ["--model", str(model), "--add", "objects", "overlay", "hands"]
    assert main(["record-masks", str(path), str(out), *asked]) == 0
    found = _read(out)
    objects = _pixels(found["/hand_segmentation/objects"][0][1])
    np.testing.assert_array_equal(objects > 0, coloured()[..., 0] > 0)
    segmenter = Segmenter.load(model)
    drawn = draw_overlay(
        coloured(),
        Tracker().follow(segmenter.segment(coloured()), 0.0),
        OverlayMode.INSTANCES,
        Palette.of(segmenter.description),
    )
    np.testing.assert_array_equal(_pixels(found["/hand_segmentation/overlay"][0][1]), drawn)


def test_images_that_cannot_be_read_are_copied_counted_and_not_answered(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = _entries(picture, 3)
    entries[3] = Entry("/camera/image", IMAGE, entries[3].log_time, RUBBISH)
    path = write_bag(tmp_path / "bag", entries)
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(path), str(out)]) == 0
    with Bag(out) as bag:
        assert bag.topics["/camera/image"].count == 3
        assert bag.topics["/hand_segmentation/mask"].count == 2
        assert RUBBISH in [item.data for item in bag.messages()]
    printed = capsys.readouterr()
    assert "1 image(s) could not be used, the first is 000001_" in printed.err
    assert "2 images" in printed.out


def test_a_truncated_bag_becomes_a_whole_one(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_bag(tmp_path / "bag", _entries(picture, 12))
    file = storage_file(path)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(path), str(out)]) == 0
    assert "truncated" in capsys.readouterr().err
    with Bag(out) as bag:
        assert 2 <= bag.topics["/hand_segmentation/mask"].count < 12
        assert bag.damage == []


def test_a_type_that_nobody_defines_is_copied_all_the_same(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_bag(tmp_path / "bag", _entries(picture, 1), KINDS["sqlite"])
    database = sqlite3.connect(storage_file(path))
    database.execute("DELETE FROM message_definitions")
    database.execute("UPDATE topics SET type = 'own_msgs/msg/Own' WHERE name = '/text'")
    database.commit()
    database.close()
    (path / "metadata.yaml").unlink()
    out = tmp_path / "out.mcap"
    assert main(["record-masks", str(path), str(out)]) == 0
    assert "the type of /text is defined nowhere" in capsys.readouterr().err
    with Bag(out) as bag:
        assert bag.topics["/text"].msgtype == "own_msgs/msg/Own"
        assert bag.topics["/text"].count == 1


@pytest.mark.slow
def test_ctrl_c_leaves_a_whole_bag_and_resume_goes_on_with_it(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = _entries(picture, IMAGES)
    entries[3] = Entry("/camera/image", IMAGE, entries[3].log_time, RUBBISH)
    path = write_bag(tmp_path / "bag", entries, custom={"place": "kitchen"})
    out, whole = tmp_path / "out.mcap", tmp_path / "whole.mcap"
    options = ["--model", "hands_fast", "--add", "hands", "mask"]
    command = ["record-masks", str(path), str(out), *options]
    told = interrupted(command, lambda process: _is_growing(tmp_path))
    assert f"written to {out}" in told
    assert "--resume" in told
    with Bag(out) as bag:
        counts = {name: topic.count for name, topic in bag.topics.items()}
    answered = counts["/hand_segmentation/hands"]
    assert 0 < answered < IMAGES - 1
    assert counts["/camera/image"] == counts["/hand_segmentation/mask"] + 1 == answered + 1
    assert sorted(item.name for item in tmp_path.iterdir()) == ["bag", "out.mcap"]
    assert main([*command, "--resume"]) == 0
    printed = capsys.readouterr()
    assert f"{answered} kept, {IMAGES - 1 - answered} images" in printed.out
    assert "1 image(s) could not be used, the first is 000001_" in printed.err
    assert main(["record-masks", str(path), str(whole), *options]) == 0
    assert _messages_without_hands(out) == _messages_without_hands(whole)
    tracks = _tracks(out)
    assert max(tracks[answered - 1]) < min(tracks[answered])
    assert tracks[:answered] == _tracks(whole)[:answered]
    assert [len(each) for each in tracks] == [len(each) for each in _tracks(whole)]
    with Bag(out) as bag:
        assert bag.custom["place"] == "kitchen"


def _messages_without_hands(path: Path) -> list[tuple[str, int, bytes]]:
    with Bag(path) as bag:
        names = set(bag.topics) - {"/hand_segmentation/hands"}
        return [(item.topic.name, item.log_time, item.data) for item in bag.messages(names)]


def _tracks(path: Path) -> list[list[int]]:
    """Return the tracks of the hands in each image."""
    with Bag(path) as bag:
        messages = list(bag.messages(["/hand_segmentation/hands"]))
    read = (read_message(known_types(), item.data, HANDS) for item in messages)
    return [[int(hand.track_id) for hand in message.hands] for message in read]


def test_what_is_gone_on_with_must_be_of_the_same_bag_model_and_wishes(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_bag(tmp_path / "bag", _entries(picture, 2))
    longer = write_bag(tmp_path / "longer", _entries(picture, 3))
    other = write_bag(tmp_path / "other", _entries(255 - picture, 2))
    out, foreign = tmp_path / "out.mcap", tmp_path / "foreign.mcap"
    usual = ["record-masks", str(bag), str(out), "--resume"]
    assert main([*usual, "--score", "0.35"]) == 0
    foreign.write_bytes(storage_file(bag).read_bytes())
    before = out.read_bytes()
    for arguments, words in (
        ([bag, out], ["score ", "'0.35'"]),
        ([bag, out, "--score", "0.35", "--model", "hands_fast"], ["model '", "hands_fast"]),
        ([bag, out, "--score", "0.35", "--add", "mask"], ["outputs '"]),
        ([other, out, "--score", "0.35"], ["was not made of this bag", "/camera/image"]),
        ([bag, foreign], ["foreign.mcap", "does not tell how it was made"]),
    ):
        assert main(["record-masks", *map(str, arguments), "--resume"]) == 1
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed
        assert out.read_bytes() == before
    # A bag that was recorded on is gone on with; one that lost its end is not.
    again = ["record-masks", str(longer), str(out), "--resume", "--score", "0.35"]
    assert main(again) == 0
    assert "2 kept, 1 images" in capsys.readouterr().out
    assert main([*usual, "--score", "0.35"]) == 1
    assert "holds more than the bag" in capsys.readouterr().err


def _is_growing(folder: Path) -> bool:
    """Return whether a chunk of the new bag has been written."""
    return any(file.stat().st_size > 100_000 for file in folder.glob(".out_*/out/out.mcap"))


def _bag_with_answers(folder: Path, picture: np.ndarray) -> Path:
    answer = image_entry("/hand_segmentation/mask", stamp_of(0), noise(0)[..., 0], "mono8")
    return write_bag(folder / "bag", [*_entries(picture, 1), answer])


def test_what_cannot_be_done_is_explained(
    picture: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_bag(tmp_path / "good", _entries(picture, 1))
    bad = write_bag(tmp_path / "bad", [Entry("/image", IMAGE, 1, RUBBISH)])
    answered = _bag_with_answers(tmp_path, picture)
    out, there = tmp_path / "out.mcap", tmp_path / "there.mcap"
    there.touch()
    before = set(tmp_path.iterdir())
    for arguments, words in (
        ([tmp_path / "nowhere", out], ["nowhere", "does not exist"]),
        ([good, tmp_path / "out.bag"], ["out.bag", ".mcap"]),
        ([good, there], ["there.mcap", "exists", "--resume"]),
        ([good, out, "--topic", "/lost"], ["/lost", "/camera/image"]),
        ([good, out, "--model", "feet"], ["feet"]),
        ([bad, out], ["no image of /image", IMAGE]),
        ([answered, out], ["/hand_segmentation/mask", "already", "--namespace"]),
    ):
        assert main(["record-masks", *map(str, arguments)]) == 1
        printed = capsys.readouterr().err
        for word in words:
            assert word in printed
        assert set(tmp_path.iterdir()) == before


def test_without_rosbags_the_way_to_get_it_is_told(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['rosbags'] = None\n"
        "from handseg_ros.cli.main import main\n"
        "sys.exit(main(['record-masks', 'bag', 'out.mcap']))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "pip install 'handseg_ros[evaluate]'" in done.stderr
