"""Guards which topic of a bag is the camera's: the right one is taken, or those asked for do."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from support.bags import (
    COMPRESSED,
    IMAGE,
    KINDS,
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

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.definitions import known_types
from handseg_ros.bags.images import BagImage, images
from handseg_ros.segmentation.errors import MediaError

RUBBISH = b"\x00\x01\x00\x00rubbish"
METRES = np.ones((24, 32), np.float32)
MILLIMETRES = np.full((24, 32), 900, np.uint16)
GREY = np.full((24, 32), 90, np.uint8)


def _bag_with(folder: Path, *topics: str) -> Path:
    def entry(place: int, topic: str) -> Entry:
        if topic.endswith("/compressed"):
            return compressed_entry(topic, stamp_of(place), noise(place))
        return image_entry(topic, stamp_of(place), noise(place))

    return write_bag(folder / "bag", [entry(*item) for item in enumerate(topics)])


@pytest.mark.parametrize(
    ("topics", "chosen"),
    [
        (["/camera/image_raw"], "/camera/image_raw"),
        (["/image", "/image/compressed"], "/image"),
        (["/image/compressed"], "/image/compressed"),
        (["/image", "/hand_segmentation/mask", "/hand_segmentation/overlay/compressed"], "/image"),
        (["/camera/depth/image_raw", "/camera/color/image_raw"], "/camera/color/image_raw"),
    ],
)
def test_the_camera_s_topic_is_found(topics: list[str], chosen: str, tmp_path: Path) -> None:
    with Bag(_bag_with(tmp_path, *topics)) as bag:
        assert choose_image_topic(bag, None).name == chosen


@pytest.mark.parametrize(
    ("topics", "wanted", "words"),
    [
        (["/left", "/right"], None, ["2 image topics", "/left", "/right", "--topic", "1)"]),
        (["/left"], "/lft", ["no topic '/lft'", f"/left ({IMAGE}, 1)"]),
        (["/mask/compressed"], None, ["no image topics", f"/mask/compressed ({COMPRESSED}, 1)"]),
    ],
)
def test_a_topic_that_is_not_clear_is_asked_for(
    topics: list[str], wanted: str | None, words: list[str], tmp_path: Path
) -> None:
    with (
        Bag(_bag_with(tmp_path, *topics)) as bag,
        pytest.raises(MediaError) as caught,
    ):
        choose_image_topic(bag, wanted)
    for word in words:
        assert word in str(caught.value)


def test_a_bag_without_topics_says_so(tmp_path: Path) -> None:
    file = tmp_path / "cut.mcap"
    file.write_bytes(storage_file(_bag_with(tmp_path, "/image")).read_bytes()[:50])
    with (
        Bag(file) as bag,
        pytest.raises(MediaError, match="no image topic, and no other one: record"),
    ):
        choose_image_topic(bag, None)


def test_a_bag_without_images_says_what_it_has(tmp_path: Path) -> None:
    imu = stamped("sensor_msgs/msg/Imu", stamp_of(0))
    msgtype = "sensor_msgs/msg/Imu"
    path = write_bag(tmp_path / "bag", [Entry("/imu", msgtype, 1, serialized(imu, msgtype))])
    with Bag(path) as bag:
        with pytest.raises(MediaError, match=r"no image topic.*/imu \(sensor_msgs/msg/Imu, 1\)"):
            choose_image_topic(bag, None)
        with pytest.raises(MediaError, match="'/imu' is sensor_msgs/msg/Imu"):
            choose_image_topic(bag, "/imu")


def raw(topic: str, encoding: str = "bgr8") -> Entry:
    pixels: dict[str, np.ndarray] = {
        "16UC1": MILLIMETRES,
        "mono16": MILLIMETRES,
        "32FC1": METRES,
        "mono8": GREY,
    }
    return image_entry(topic, stamp_of(0), pixels.get(encoding, noise(0)), encoding)


def packed(topic: str, told: str = "", suffix: str = ".png", depth: bool = False) -> Entry:
    """Return a compressed image whose format is told as given."""
    message = stamped(COMPRESSED, stamp_of(0))
    message.format = told
    message.data = cv2.imencode(suffix, MILLIMETRES if depth else noise(0))[1].reshape(-1)
    return Entry(topic, COMPRESSED, stamp_of(0), serialized(message, COMPRESSED))


def rubbish(topic: str, msgtype: str = IMAGE) -> Entry:
    return Entry(topic, msgtype, stamp_of(0), RUBBISH)


DEPTH_PNG = "16UC1; png compressed "
DEPTH_OWN = "16UC1; compressedDepth png"
# The first topic is the camera's.
CHOSEN: dict[str, list[Entry]] = {
    "realsense": [
        raw("/camera/camera/color/image_raw", "rgb8"),
        raw("/camera/camera/aligned_depth_to_color/image_raw", "16UC1"),
    ],
    "oak": [raw("/oak/rgb/image_raw"), raw("/oak/stereo/image_raw", "16UC1")],
    "metres": [raw("/b/image"), raw("/a/image", "32FC1")],
    "depth in the name of the camera": [
        raw("/depth_camera/color/image_raw"),
        raw("/depth_camera/depth/image_raw", "16UC1"),
    ],
    "depth as part of a word": [
        raw("/depthai/rgb/image_raw"),
        raw("/depthai/stereo/image_raw", "32FC1"),
    ],
    "colours with a name of depth": [
        raw("/depth_camera/image_raw"),
        raw("/depth_camera/points_image", "32FC1"),
    ],
    "depth as colours beside the camera": [
        raw("/camera/image_raw"),
        raw("/camera/depth/colorized"),
    ],
    "depth as mono16": [
        raw("/camera/image_raw"),
        raw("/camera/aligned_depth_to_color/image_raw", "mono16"),
    ],
    "a camera of mono16": [raw("/thermal/image_raw", "mono16")],
    "compressed twins of both": [
        packed("/color/image_raw/compressed", "rgb8; jpeg compressed bgr8", ".jpg"),
        packed("/aligned_depth_to_color/image_raw/compressed", DEPTH_PNG, depth=True),
        packed("/aligned_depth_to_color/image_raw/compressedDepth", DEPTH_OWN, depth=True),
    ],
    "depth as PNG": [
        packed("/y/compressed", "png"),
        packed("/x/compressed", DEPTH_PNG, depth=True),
    ],
    "unreadable twin": [packed("/image/compressed", "png"), rubbish("/image")],
    "an encoding that nobody knows": [packed("/image/compressed", "png"), raw("/image", "x264")],
    "packets as images": [packed("/image/compressed", "png"), packed("/image/h264", "h264")],
    "damaged at its start": [rubbish("/image"), raw("/image"), raw("/depth", "16UC1")],
    "nothing but damage": [rubbish("/image"), raw("/depth", "16UC1")],
    "labels": [raw("/image"), raw("/ground_truth/colours")],
}


@pytest.mark.parametrize("case", CHOSEN)
def test_the_camera_is_told_from_depth_and_all_else(case: str, tmp_path: Path) -> None:
    entries = CHOSEN[case]
    for place, order in enumerate((entries, entries[::-1])):
        with Bag(write_bag(tmp_path / str(place), order)) as bag:
            assert choose_image_topic(bag, None).name == entries[0].topic


@pytest.mark.parametrize("kind", KINDS)
def test_looking_into_topics_spoils_no_reading(kind: str, tmp_path: Path) -> None:
    entries = [
        entry
        for number in range(4)
        for entry in (
            image_entry("/depth", stamp_of(number), MILLIMETRES, "16UC1"),
            image_entry("/image", stamp_of(number), noise(number)),
        )
    ]
    with Bag(write_bag(tmp_path / "bag", entries, KINDS[kind])) as bag:
        for _ in range(2):
            topic = choose_image_topic(bag, None)
            read = [item for item in images(bag, topic) if isinstance(item, BagImage)]
            assert [item.stamp for item in read] == [stamp_of(number) for number in range(4)]
        assert bag.damage == []


REFUSED: dict[str, tuple[Entry, list[str]]] = {
    "depth alone": (
        raw("/camera/aligned_depth_to_color/image_raw", "16UC1"),
        ["no image topics", "aligned_depth_to_color", "holds depth (16UC1)"],
    ),
    "compressed depth": (
        packed("/depth/compressedDepth", DEPTH_OWN, depth=True),
        ["a form of its own (compressedDepth)"],
    ),
    "packets as images": (
        packed("/image/compressed", "h264"),
        ["packets of a video ('h264')", "republish"],
    ),
    "answers": (raw("/hand_segmentation/overlay"), ["holds masks or labels"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_camera_is_refused_with_its_reason(case: str, tmp_path: Path) -> None:
    entry, words = REFUSED[case]
    with Bag(write_bag(tmp_path / "bag", [entry])) as bag:
        with pytest.raises(MediaError) as caught:
            choose_image_topic(bag, None)
        for word in words:
            assert word in str(caught.value)
        assert "--topic" not in str(caught.value)


@pytest.mark.parametrize("wanted", [None, "/lost"])
def test_only_topics_that_would_do_are_advised_and_they_do(
    wanted: str | None, tmp_path: Path
) -> None:
    entries = [
        raw("/left/image"),
        packed("/left/image/compressed", "png"),
        packed("/right/image/compressed", "jpeg", ".jpg"),
        raw("/depth", "16UC1"),
        packed("/depth/compressedDepth", DEPTH_OWN, depth=True),
        raw("/hand_segmentation/mask", "mono8"),
        rubbish("/broken"),
        packed("/video", "hevc"),
    ]
    with Bag(write_bag(tmp_path / "bag", entries)) as bag:
        with pytest.raises(MediaError) as caught:
            choose_image_topic(bag, wanted)
        advised = re.findall(r"(/\S+) \(sensor_msgs", str(caught.value))
        assert advised == ["/left/image", "/right/image/compressed"]
        for name in advised:
            (item,) = images(bag, choose_image_topic(bag, name))
            assert isinstance(item, BagImage)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/empty", "'/empty' has no message"),
        ("/depth/compressedDepth", "compressedDepth"),
        ("/video", "packets of a video ('hevc')"),
    ],
)
def test_a_topic_that_cannot_be_read_is_refused_with_another(
    name: str, words: str, tmp_path: Path
) -> None:
    entries = [
        raw("/image"),
        packed("/depth/compressedDepth", DEPTH_OWN, depth=True),
        packed("/video", "hevc"),
    ]
    with Bag(with_empty_topic(tmp_path / "bag", entries, "/empty")) as bag:
        assert choose_image_topic(bag, None).name == "/image"
        with pytest.raises(MediaError) as caught:
            choose_image_topic(bag, name)
        assert words in str(caught.value)
        assert f"choose one of /image ({IMAGE}, 1)" in str(caught.value)


def with_empty_topic(path: Path, entries: list[Entry], empty: str) -> Path:
    """Write a bag in which a topic was announced and never used, as a camera that was off."""
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.add_connection(empty, IMAGE, typestore=known_types())
        for entry in entries:
            connection = writer.add_connection(entry.topic, entry.msgtype, typestore=known_types())
            writer.write(connection, entry.log_time, entry.data)
    return path


def test_an_empty_topic_and_its_full_twin(tmp_path: Path) -> None:
    twin = packed("/image/compressed", "png")
    with Bag(with_empty_topic(tmp_path / "bag", [twin], "/image")) as bag:
        assert choose_image_topic(bag, None).name == "/image/compressed"


@pytest.mark.parametrize(
    ("msgtype", "fields", "codec"),
    [
        ("ffmpeg_image_transport_msgs/msg/FFMPEGPacket", "uint64 pts\nuint8[] data", "ffmpeg"),
        ("theora_image_transport/msg/Packet", "uint8[] data", "theora"),
    ],
)
def test_packets_of_videos_are_told_as_what_they_are(
    msgtype: str, fields: str, codec: str, tmp_path: Path
) -> None:
    store = get_typestore(Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg(fields, msgtype))
    path = tmp_path / "bag"
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(f"/image/{codec}", msgtype, typestore=store)
        writer.write(connection, stamp_of(0), RUBBISH)
    with Bag(path) as bag:
        for wanted in (None, f"/image/{codec}"):
            with pytest.raises(MediaError, match=rf"packets of a video \({codec}\).*republish"):
                choose_image_topic(bag, wanted)


CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "15-aligned-depth-topic"


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize(
    ("name", "chosen"),
    [("realsense", "/camera/camera/color/image_raw"), ("oak", "/oak/rgb/image_raw")],
)
def test_the_shared_cases(name: str, chosen: str) -> None:
    with Bag(CASES / name) as bag:
        assert choose_image_topic(bag, None).name == chosen
    with Bag(CASES / "aligned_only") as bag, pytest.raises(MediaError, match="holds depth"):
        choose_image_topic(bag, None)
