"""Guards the images of bags: the right topic is chosen or asked for, every image comes once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
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
from handseg_ros.bags.images import BadImage, BagImage, choose_image_topic, images
from handseg_ros.segmentation.errors import MediaError


def _read(path: Path, topic: str | None = None) -> list[BagImage | BadImage]:
    with Bag(path) as bag:
        return list(images(bag, choose_image_topic(bag, topic)))


@pytest.mark.parametrize("kind", KINDS)
def test_images_come_once_in_order_with_stamp_and_pixels(kind: str, tmp_path: Path) -> None:
    entries = [
        image_entry("/image", stamp_of(number), noise(number), delay=7) for number in range(5)
    ]
    read = _read(write_bag(tmp_path / "bag", entries, KINDS[kind]))
    for number, item in enumerate(read):
        assert isinstance(item, BagImage)
        assert item.index == number
        assert item.name == f"{number:06d}_{stamp_of(number)}"
        assert (item.stamp, item.log_time) == (stamp_of(number), stamp_of(number) + 7)
        assert item.header.frame_id == "camera"
        np.testing.assert_array_equal(item.pixels, noise(number))
    assert len(read) == 5


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_compressed_images_are_decoded(suffix: str, tmp_path: Path) -> None:
    picture = noise(1)
    entry = compressed_entry("/image/compressed", stamp_of(0), picture, suffix)
    (item,) = _read(write_bag(tmp_path / "bag", [entry]))
    assert isinstance(item, BagImage)
    coded = cv2.imdecode(cv2.imencode(suffix, picture)[1], cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(item.pixels, coded)


def test_other_encodings_become_bgr(tmp_path: Path) -> None:
    rgb = np.ascontiguousarray(noise(1)[..., ::-1])
    (item,) = _read(write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(0), rgb, "rgb8")]))
    assert isinstance(item, BagImage)
    np.testing.assert_array_equal(item.pixels, noise(1))


def test_bad_images_are_named_and_the_next_ones_come(tmp_path: Path) -> None:
    truncated = stamped(IMAGE, stamp_of(1))
    truncated.height, truncated.width, truncated.step = 24, 32, 96
    truncated.encoding, truncated.data = "bgr8", np.zeros(10, np.uint8)
    entries = [
        image_entry("/image", stamp_of(0), noise(0)),
        Entry("/image", IMAGE, stamp_of(1), serialized(truncated, IMAGE)),
        Entry("/image", IMAGE, stamp_of(2), b"\x00\x01\x00\x00rubbish"),
        image_entry("/image", stamp_of(3), noise(3)),
    ]
    read = _read(write_bag(tmp_path / "bag", entries))
    assert [type(item) for item in read] == [BagImage, BadImage, BadImage, BagImage]
    assert [item.index for item in read] == [0, 1, 2, 3]
    assert [item.name for item in read][1:3] == [
        f"000001_{stamp_of(1)}",
        f"000002_{stamp_of(2)}",
    ]
    assert "10 bytes" in read[1].reason  # type: ignore[union-attr]
    assert IMAGE in read[2].reason  # type: ignore[union-attr]


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
