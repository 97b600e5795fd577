"""Guards bags of several files, and those whose `metadata.yaml` is not what their files say."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from backports import zstd
from rosbags.interfaces import (
    ConnectionExtRosbag2,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin
from support.bags import IMAGE, image_entry, noise, stamp_of, storage_file

from handseg_ros.bags.bag import Bag, Recorded
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.definitions import known_types
from handseg_ros.bags.frame_source import BagSource
from handseg_ros.bags.mcap_envelopes import Envelope, EnvelopeWriter
from handseg_ros.bags.recording import McapRecording
from handseg_ros.bags.resumption import Finished

TOPIC, OTHER = "/camera/image", "/other/depth"
STORAGES = [StoragePlugin.MCAP, StoragePlugin.SQLITE3]
_FOREVER = QosTime(9223372036, 854775807)
_QOS = Qos(
    QosHistory.KEEP_LAST,
    5,
    QosReliability.BEST_EFFORT,
    QosDurability.VOLATILE,
    _FOREVER,
    _FOREVER,
    QosLiveliness.AUTOMATIC,
    _FOREVER,
    avoid_ros_namespace_conventions=False,
)


def _write(
    path: Path,
    numbers: Sequence[int],
    storage: StoragePlugin = StoragePlugin.MCAP,
    publishers: int = 1,
    topics: Sequence[str] = (TOPIC,),
) -> Path:
    """Write images, each numbered as in the whole recording; their topics take turns."""
    with EnvelopeWriter(path, version=9, storage_plugin=storage) as writer:
        connections = [
            writer.add_connection(
                topic, IMAGE, typestore=known_types(), offered_qos_profiles=[_QOS] * publishers
            )
            for topic in topics
        ]
        for place, number in enumerate(numbers):
            connection = connections[place % len(topics)]
            entry = image_entry(connection.topic, stamp_of(number), noise(number))
            envelope = Envelope(number, entry.log_time)
            writer.write_enveloped(connection, entry.log_time, entry.data, envelope)
    return path


def _change(bag: Path, change: Callable[[dict[str, Any]], None]) -> None:
    file = bag / "metadata.yaml"
    content = yaml.safe_load(file.read_text())
    change(content["rosbag2_bagfile_information"])
    file.write_text(yaml.safe_dump(content))


def _joined(folder: Path, parts: Sequence[Path]) -> Path:
    """Return a folder with the files of several bags, without metadata."""
    folder.mkdir()
    for number, part in enumerate(parts):
        file = storage_file(part)
        (folder / f"bag_{number}{file.suffix}").write_bytes(file.read_bytes())
    return folder


def _with_metadata_of(part: Path, folder: Path) -> Path:
    """Give joined files the metadata of one of them, as a person does who joins them by hand."""
    (folder / "metadata.yaml").write_bytes((part / "metadata.yaml").read_bytes())
    names = sorted(file.name for file in folder.iterdir() if file.name != "metadata.yaml")
    _change(folder, lambda told: told.update(relative_file_paths=names))
    return folder


def _numbers(bag: Bag) -> list[int]:
    return [(item.log_time - stamp_of(0)) // (stamp_of(1) - stamp_of(0)) for item in bag.messages()]


@pytest.mark.parametrize("storage", STORAGES)
def test_quality_of_service_that_was_edited_for_playback_loses_nothing(
    storage: StoragePlugin, tmp_path: Path
) -> None:
    path = _write(tmp_path / "bag", range(5), storage)
    metadata = path / "metadata.yaml"
    before = metadata.read_text()
    metadata.write_text(before.replace("best_effort", "reliable"))
    assert metadata.read_text() != before
    with Bag(path) as bag:
        assert _numbers(bag) == list(range(5))
        topic = choose_image_topic(bag, None)
        (qos,) = cast("ConnectionExtRosbag2", topic.connection.ext).offered_qos_profiles
        assert (topic.count, bag.damage) == (5, [])
    assert qos == _QOS._replace(reliability=QosReliability.RELIABLE)


@pytest.mark.parametrize("storage", STORAGES)
def test_files_of_several_publishers_joined_by_hand_are_read_whole(
    storage: StoragePlugin, tmp_path: Path
) -> None:
    parts = [
        _write(tmp_path / "first", range(5), storage, publishers=1),
        _write(tmp_path / "second", range(5, 10), storage, publishers=2),
    ]
    for part in parts:  # whose metadata count five
        folder = _joined(tmp_path / f"of_{part.name}", parts)
        with Bag(_with_metadata_of(part, folder)) as bag:
            assert _numbers(bag) == list(range(10))
            assert (bag.topics[TOPIC].count, bag.damage) == (10, [])


def test_a_topic_of_the_files_alone_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "bag", range(4), topics=(TOPIC, OTHER))
    _change(path, lambda told: told["topics_with_message_count"].pop())
    with Bag(path) as bag:
        assert {name: topic.count for name, topic in bag.topics.items()} == {TOPIC: 2, OTHER: 2}
        assert _numbers(bag) == [0, 1, 2, 3]


def test_a_topic_of_the_metadata_alone_is_listed_with_its_definition(tmp_path: Path) -> None:
    path = _write(tmp_path / "bag", range(2))

    def add(told: dict[str, Any]) -> None:
        another = copy.deepcopy(told["topics_with_message_count"][0])
        another["topic_metadata"]["name"] = OTHER
        another["message_count"] = 0
        told["topics_with_message_count"].append(another)

    _change(path, add)
    with Bag(path) as bag:
        assert bag.topics[OTHER].count == 0
        assert bag.topics[OTHER].connection.msgdef == bag.topics[TOPIC].connection.msgdef
        assert _numbers(bag) == [0, 1]
        assert bag.damage == []


@pytest.mark.parametrize("storage", STORAGES)
def test_messages_that_are_counted_and_not_there_are_told(
    storage: StoragePlugin, tmp_path: Path
) -> None:
    path = _write(tmp_path / "bag", range(5), storage)
    _change(path, lambda told: told["topics_with_message_count"][0].update(message_count=7))
    with Bag(path) as bag:
        for _ in range(2):
            assert _numbers(bag) == list(range(5))
        assert bag.damage == [
            f"2 of the 7 messages of {TOPIC} that the bag counts are not in it",
        ]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("topics_with_message_count"),
        lambda told: told.update(relative_file_paths=None),
        lambda told: told["topics_with_message_count"][0]["topic_metadata"].update(
            offered_qos_profiles=[{"reliability": "reliable"}]
        ),
        lambda told: told["topics_with_message_count"][0].update(message_count="many"),
    ],
)
def test_metadata_that_cannot_be_understood_are_done_without(
    change: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    path = _write(tmp_path / "bag", range(2))
    _change(path, change)
    with Bag(path) as bag:
        assert _numbers(bag) == [0, 1]
        (sentence,) = bag.damage
    assert sentence.startswith("'bag' is not whole: metadata.yaml cannot be understood: ")


def test_words_stay_as_they_stand_in_the_metadata(tmp_path: Path) -> None:
    """As rosbag2 writes them: without quotes."""
    path = _write(tmp_path / "bag", range(1))
    metadata = path / "metadata.yaml"
    text = metadata.read_text()
    words = "custom_data:\n    gloves: no\n    began: 12:30\n    number: 007\n"
    metadata.write_text(
        text.replace("custom_data: null\n", words).replace("custom_data:\n  ros", f"{words}  ros")
    )
    with Bag(path) as bag:
        assert bag.custom == {"gloves": "no", "began": "12:30", "number": "007"}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("has_metadata", [False, True])
def test_files_that_overlap_in_time_are_read_in_order_and_can_be_gone_on_with(
    storage: StoragePlugin, has_metadata: bool, tmp_path: Path
) -> None:
    parts = [
        _write(tmp_path / "first", [0, 2, 5, 9], storage, topics=(TOPIC, OTHER)),
        _write(tmp_path / "second", [4, 6, 7], storage, topics=(TOPIC, OTHER)),
        _write(tmp_path / "third", [1, 3, 8], storage),
    ]
    path = _joined(tmp_path / "bag", parts)
    if has_metadata:
        _with_metadata_of(parts[0], path)
    out = tmp_path / "out.mcap"
    with Bag(path) as bag:
        read = list(bag.messages())
        assert _numbers(bag) == list(range(10))
        if storage is StoragePlugin.MCAP:
            assert [_sequence(item) for item in read] == list(range(10))
        with McapRecording(out) as recording:
            for topic in bag.topics.values():
                recording.carry_over(topic)
            for item in read:
                recording.copy(item)
        with Bag(out) as stopped:
            finished = Finished(stopped, [])
            for item in bag.messages():
                finished.take(item)
            assert finished.is_at_end


def test_a_file_is_not_read_before_its_time(tmp_path: Path) -> None:
    parts = [_write(tmp_path / "first", range(3)), _write(tmp_path / "second", range(3, 6))]
    path = _joined(tmp_path / "bag", parts)
    second = path / "bag_1.mcap"
    content = bytearray(second.read_bytes())
    place = content.index(b"camera\x00")  # of the first image's header, in a chunk
    content[place - 40] ^= 255  # of the record's length
    second.write_bytes(content)
    with Bag(path) as bag:
        messages = bag.messages()
        assert [next(messages).log_time for _ in range(3)] == [stamp_of(n) for n in range(3)]
        assert bag.damage == []
        assert list(messages) == []
        (sentence,) = bag.damage
    assert sentence.startswith(
        "'bag_1.mcap' is damaged and cannot be read on: a record in the chunk"
    )


def _sequence(item: Recorded) -> int:
    assert item.envelope is not None
    return item.envelope.sequence


@pytest.mark.parametrize("storage", STORAGES)
def test_a_packed_file_beside_itself_unpacked_is_read_once(
    storage: StoragePlugin, tmp_path: Path
) -> None:
    path = _write(tmp_path / "bag", range(3), storage)
    (path / "metadata.yaml").unlink()
    file = storage_file(path)
    packed = path / f"{file.name}.zstd"
    packed.write_bytes(zstd.compress(file.read_bytes()))
    with Bag(path) as bag:
        assert bag.topics[TOPIC].count == 3
        assert _numbers(bag) == [0, 1, 2]
        (remark,) = bag.remarks
    assert remark == f"'{packed.name}' is left out, as '{file.name}' is beside it"
    source = BagSource(path)
    assert len(list(source)) == source.length == 3
    assert source.remarks == [remark]
    with Bag(packed) as bag:
        assert (_numbers(bag), bag.remarks) == ([0, 1, 2], [])
