"""Guards that recordings explain themselves: read by MCAP's own library, told to rosbag2."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from mcap.reader import McapReader, make_reader
from mcap_ros2.decoder import DecoderFactory
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag

from handseg_ros.bags.definitions import HANDS
from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter

FRAMES = 3
TOPICS = [f"/hand_segmentation/{name}" for name in ("hands", "mask", "overlay")]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return cv2.resize(rendered_hands(), (320, 240))


@pytest.fixture(scope="module")
def recorded(picture: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what record-masks makes of a bag without words of its own."""
    folder = tmp_path_factory.mktemp("recorded")
    images = [image_entry("/camera/image", stamp_of(number), picture) for number in range(FRAMES)]
    out = folder / "out.mcap"
    assert main(["record-masks", str(write_bag(folder / "bag", images)), str(out)]) == 0
    return out


def opened(path: Path) -> McapReader:
    """Return MCAP's own reader, which checks what checksums there are."""
    return make_reader(path.open("rb"), validate_crcs=True, decoder_factories=[DecoderFactory()])


def test_every_message_is_decoded_by_the_definitions_in_the_file_alone(
    recorded: Path, picture: np.ndarray
) -> None:
    """As Foxglove does it, which has no package of ours."""
    messages: dict[str, list[Any]] = {}
    for _, channel, message, content in opened(recorded).iter_decoded_messages():
        assert message.log_time == stamp_of(len(messages.setdefault(channel.topic, [])))
        messages[channel.topic].append(content)
    assert Counter({name: len(found) for name, found in messages.items()}) == Counter(
        dict.fromkeys(["/camera/image", *TOPICS], FRAMES)
    )
    expected = Segmenter.load().segment(picture)
    assert len(expected.hands) >= 2
    for image, hands, mask in zip(*(messages[name] for name in messages if name != TOPICS[2])):  # noqa: B905
        assert image.header.frame_id == hands.header.frame_id == mask.header.frame_id == "camera"
        assert (hands.height, hands.width) == picture.shape[:2]
        pixels = np.frombuffer(bytes(mask.data), np.uint8).reshape(picture.shape[:2])
        np.testing.assert_array_equal(pixels, expected.mask())
        for hand, found in zip(hands.hands, expected.hands, strict=True):
            assert hand.score == pytest.approx(found.score)
            cut_out = np.frombuffer(bytes(hand.mask.data), np.uint8)
            np.testing.assert_array_equal(cut_out.reshape(found.mask.shape), found.mask)
            assert (hand.roi.x_offset, hand.roi.y_offset) == (found.box.x, found.box.y)


def test_the_summary_lists_topics_counts_and_definitions(recorded: Path) -> None:
    summary = opened(recorded).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    counts = {
        summary.channels[number].topic: count
        for number, count in summary.statistics.channel_message_counts.items()
    }
    assert counts == dict.fromkeys(["/camera/image", *TOPICS], FRAMES)
    schemas = {schema.name: schema for schema in summary.schemas.values()}
    assert schemas[HANDS].encoding == "ros2msg"
    assert {channel.message_encoding for channel in summary.channels.values()} == {"cdr"}


def test_rosbag2_is_told_what_it_asks_for(recorded: Path) -> None:
    """The fields that its decoder of metadata reads, and throws where one is of another kind.

    They are those of rosbag2_storage's yaml.hpp, at version 8 of the metadata.
    """
    (record,) = [item for item in opened(recorded).iter_metadata() if item.name == "rosbag2"]
    told = yaml.safe_load(record.metadata["serialized_metadata"])
    assert (told["version"], told["storage_identifier"]) == (8, "mcap")
    assert told["relative_file_paths"] == [recorded.name]
    assert told["starting_time"] == {"nanoseconds_since_epoch": stamp_of(0)}
    assert told["duration"] == {"nanoseconds": stamp_of(FRAMES - 1) - stamp_of(0)}
    assert told["message_count"] == FRAMES * (1 + len(TOPICS))
    assert (told["compression_format"], told["compression_mode"]) == ("", "")
    assert isinstance(told["ros_distro"], str)
    assert isinstance(told["custom_data"], dict)
    assert all(isinstance(value, str) for value in told["custom_data"].values())
    (file,) = told["files"]
    assert set(file) == {"path", "starting_time", "duration", "message_count"}
    for topic in told["topics_with_message_count"]:
        assert topic["message_count"] == FRAMES
        metadata = topic["topic_metadata"]
        assert metadata["serialization_format"] == "cdr"
        assert metadata["type_description_hash"].startswith("RIHS01_")
        assert isinstance(metadata["offered_qos_profiles"], str)
