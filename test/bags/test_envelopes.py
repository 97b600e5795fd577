"""Guards what a new bag keeps of the old one's messages and topics: each field, one by one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from backports import zstd
from rosbags.rosbag2 import CompressionFormat
from support.bags import IMAGE, KINDS, image_entry, stamp_of, storage_file
from support.colours import by_colour, coloured

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.definitions import known_types
from handseg_ros.bags.mcap_envelopes import Envelope, EnvelopeWriter
from handseg_ros.cli.main import main

TOPIC = "/camera/image"
COUNT = 3
# Not what the definition gives: it shows that the hash is the bag's own.
TYPE_HASH = "RIHS01_" + "ab" * 32
DISTRO = "jazzy"
FIRST = 4711


@dataclass(frozen=True)
class _Message:
    channel: int
    sequence: int
    log_time: int
    publish_time: int
    data: bytes


@dataclass(frozen=True)
class _File:
    """What stands in an MCAP file, read by the specification alone."""

    channels: dict[str, tuple[int, dict[str, str]]]
    messages: list[_Message]
    metadata: dict[str, Any]

    def of(self, topic: str) -> list[_Message]:
        return [item for item in self.messages if item.channel == self.channels[topic][0]]


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 9 <= len(data):
        opcode, length = struct.unpack_from("<BQ", data, place)
        yield opcode, data[place + 9 : place + 9 + length]
        place += 9 + length


def _text(data: bytes, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, place)
    return data[place + 4 : place + 4 + length].decode(), place + 4 + length


def _map(data: bytes) -> dict[str, str]:
    place, found = 4, {}
    while place < len(data):
        key, place = _text(data, place)
        found[key], place = _text(data, place)
    return found


def _read(path: Path) -> _File:
    channels: dict[str, tuple[int, dict[str, str]]] = {}
    messages: list[_Message] = []
    metadata: dict[str, Any] = {}

    def take(opcode: int, body: bytes) -> None:
        if opcode == 4:
            topic, place = _text(body, 4)
            _, place = _text(body, place)
            channels[topic] = struct.unpack_from("<H", body)[0], _map(body[place:])
        elif opcode == 5:
            channel, sequence, log_time, publish_time = struct.unpack_from("<HIQQ", body)
            messages.append(_Message(channel, sequence, log_time, publish_time, body[22:]))
        elif opcode == 6:
            compression, place = _text(body, 28)
            content = body[place + 8 :]
            for inner in _records(zstd.decompress(content) if compression else content):
                take(*inner)
        elif opcode == 12:
            _, place = _text(body, 0)
            metadata.update(yaml.safe_load(_map(body[place:])["serialized_metadata"]))

    for opcode, body in _records(path.read_bytes()[8:-8]):
        take(opcode, body)
    return _File(channels, messages, metadata)


def _write(path: Path, kind: str) -> Path:
    """Write a bag as a recorder of a later release would: with numbers, and of two topics."""
    writer = EnvelopeWriter(path, version=8, storage_plugin=KINDS[kind].storage)
    writer.set_compression(KINDS[kind].compression, CompressionFormat.ZSTD)
    definition, _ = known_types().generate_msgdef(IMAGE, ros_version=2)
    with writer:
        writer.set_ros_distro(DISTRO)
        for topic in (TOPIC, "/other/depth"):
            connection = writer.add_connection(topic, IMAGE, msgdef=definition, rihs01=TYPE_HASH)
            for number in range(COUNT):
                entry = image_entry(topic, stamp_of(number), coloured(), delay=5)
                # a number was lost on the way, and publishing took its time
                envelope = Envelope(FIRST + 2 * number, entry.log_time - 3)
                writer.write_enveloped(connection, entry.log_time, entry.data, envelope)
    metadata = path / "metadata.yaml"  # where SQLite's writer has rosbags' own word
    text = metadata.read_text()
    metadata.write_text(text.replace("ros_distro: rosbags", f"ros_distro: {DISTRO}"))
    return path


@pytest.mark.parametrize(
    ("kind", "is_alone"),
    [
        ("mcap", False),
        ("mcap", True),
        ("mcap, chunks", False),
        ("mcap, chunks", True),
        ("mcap, message", False),
        ("sqlite", False),
        ("sqlite", True),
    ],
)
def test_what_is_copied_has_the_fields_of_the_input(
    kind: str, is_alone: bool, tmp_path: Path
) -> None:
    folder = _write(tmp_path / "bag", kind)
    bag = folder
    if is_alone:
        bag = storage_file(folder)
        (folder / "metadata.yaml").unlink()
    model, out = by_colour(tmp_path / "colours.onnx"), tmp_path / "out.mcap"
    arguments = [str(bag), str(out), "--topic", TOPIC, "--model", str(model)]
    assert main(["record-masks", *arguments, "--add", "hands"]) == 0
    new = _read(out)
    for topic in (TOPIC, "/other/depth"):
        _, metadata = new.channels[topic]
        assert metadata["topic_type_hash"] == TYPE_HASH
        assert set(metadata) == {"offered_qos_profiles", "topic_type_hash"}
        copied = new.of(topic)
        assert [item.log_time for item in copied] == [stamp_of(n) + 5 for n in range(COUNT)]
        if kind.startswith("mcap"):
            assert [item.sequence for item in copied] == [FIRST + 2 * n for n in range(COUNT)]
            assert [item.publish_time for item in copied] == [stamp_of(n) + 2 for n in range(COUNT)]
            if kind != "mcap, message":
                old = _read(storage_file(folder))
                assert [item.data for item in copied] == [item.data for item in old.of(topic)]
        else:  # SQLite's table has no such columns
            assert [item.sequence for item in copied] == [0] * COUNT
    assert new.metadata["version"] == 8
    if not (is_alone and kind == "sqlite"):
        assert new.metadata["ros_distro"] == DISTRO
    hashes = {
        each["topic_metadata"]["name"]: each["topic_metadata"]["type_description_hash"]
        for each in new.metadata["topics_with_message_count"]
    }
    assert hashes[TOPIC] == TYPE_HASH


@pytest.mark.parametrize("kind", ["mcap", "mcap, chunks"])
def test_numbers_are_read_without_an_index_too(kind: str, tmp_path: Path) -> None:
    """As rosbag2 writes with the preset `fastwrite`, and as a file whose summary was lost."""
    file = storage_file(_write(tmp_path / "bag", kind))
    data = file.read_bytes()
    with Bag(file) as bag:
        indexed = list(bag.messages())
    whole = b"".join(
        struct.pack("<BQ", opcode, len(body)) + body
        for opcode, body in _records(data[8:-8])
        if opcode in (1, 6)
    )
    if kind == "mcap":  # no chunks either
        chunk = next(body for opcode, body in _records(data[8:-8]) if opcode == 6)
        _, place = _text(chunk, 28)
        header = next(body for opcode, body in _records(data[8:-8]) if opcode == 1)
        whole = struct.pack("<BQ", 1, len(header)) + header + chunk[place + 8 :]
    bare = tmp_path / "bare.mcap"
    end = struct.pack("<BQI", 15, 4, 0) + struct.pack("<BQQQI", 2, 20, 0, 0, 0)
    bare.write_bytes(data[:8] + whole + end + data[-8:])
    with Bag(bare) as bag:
        found = list(bag.messages([TOPIC]))
        assert not bag.damage
    wanted = [item for item in indexed if item.topic.name == TOPIC]
    assert [item.data for item in found] == [item.data for item in wanted]
    assert [item.envelope for item in found] == [item.envelope for item in wanted]
    assert found[-1].envelope is not None
    assert found[-1].envelope.sequence == FIRST + 2 * (COUNT - 1)


def test_what_is_new_is_numbered_as_a_publisher_would_and_goes_on_after_a_stop(
    tmp_path: Path,
) -> None:
    bag = _write(tmp_path / "bag", "mcap, chunks")
    model, out = by_colour(tmp_path / "colours.onnx"), tmp_path / "out.mcap"
    arguments = [str(bag), str(out), "--topic", TOPIC, "--model", str(model), "--add", "hands"]
    assert main(["record-masks", *arguments]) == 0
    once = out.read_bytes()
    hands = "/hand_segmentation/hands"
    new = _read(out)
    assert [item.sequence for item in new.of(hands)] == [1, 2, 3]
    assert all(item.publish_time == item.log_time for item in new.of(hands))
    wanted = known_types().hash_rihs01("handseg_ros/msg/HandInstances")
    assert new.channels[hands][1]["topic_type_hash"] == wanted
    assert main(["record-masks", *arguments, "--resume"]) == 0
    assert out.read_bytes() == once


def test_the_release_of_a_file_alone_is_read_from_sqlite(tmp_path: Path) -> None:
    bag = storage_file(_write(tmp_path / "bag", "sqlite"))
    (bag.parent / "metadata.yaml").unlink()
    database = sqlite3.connect(bag)
    with database:
        database.execute("UPDATE schema SET ros_distro = ?", (DISTRO,))
    database.close()
    model, out = by_colour(tmp_path / "colours.onnx"), tmp_path / "out.mcap"
    arguments = [str(bag), str(out), "--topic", TOPIC, "--model", str(model)]
    assert main(["record-masks", *arguments, "--add", "mask/compressed"]) == 0
    assert _read(out).metadata["ros_distro"] == DISTRO
