"""Guards the reading of bags: every kind of storage, whole, truncated, damaged or none at all."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from backports import zstd
from mcap.reader import make_reader
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag2 import Writer
from rosbags.typesys import Stores, get_typestore
from support.bags import (
    KINDS,
    Entry,
    image_entry,
    noise,
    serialized,
    stamp_of,
    storage_file,
    write_bag,
)
from support.file_limit import file_limit

from handseg_ros.bags.bag import LARGEST_MESSAGE, Bag
from handseg_ros.bags.bag_format import is_bag
from handseg_ros.bags.definitions import blank_message, known_types, read_message, types_of
from handseg_ros.bags.mcap_metadata import recorded_words
from handseg_ros.segmentation.errors import MediaError

TEXT = "std_msgs/msg/String"
FRAMES = 40


def _entries(count: int = FRAMES) -> list[Entry]:
    """Return images of 120x160 pixels, each followed by a short text."""
    found = []
    for number in range(count):
        message = blank_message(known_types(), TEXT)
        message.data = f"text {number}"
        found.append(image_entry("/image", stamp_of(number), noise(number, 120, 160)))
        found.append(Entry("/text", TEXT, stamp_of(number) + 1, serialized(message, TEXT)))
    return found


def _texts(bag: Bag) -> list[str]:
    types = types_of(bag.topics["/text"].connection)
    return [read_message(types, item.data, TEXT).data for item in bag.messages(["/text"])]


@pytest.mark.parametrize("kind", ["mcap", "mcap, chunks"])
def test_what_a_recording_says_of_itself_is_read_from_its_file_alone(
    kind: str, tmp_path: Path
) -> None:
    words = {"place": "Küche", "light": "dim: 3"}
    path = write_bag(tmp_path / "bag", _entries(3), KINDS[kind], words)
    file = storage_file(path)
    for place in (path, file):
        with Bag(place) as bag:
            assert bag.custom == words
    content = file.read_bytes()
    for damaged in (content[:-200], content[:100], b"", b"\x00" * 500, content[:-1]):
        (tmp_path / "damaged.mcap").write_bytes(damaged)
        assert recorded_words(tmp_path / "damaged.mcap").custom == {}
    assert recorded_words(tmp_path / "nowhere.mcap").custom == {}


def test_chunks_packed_with_lz4_are_read(tmp_path: Path) -> None:
    """Written by MCAP's own library, as rosbags does not write them."""
    source, packed = storage_file(write_bag(tmp_path / "bag", _entries(3))), tmp_path / "lz4.mcap"
    channels: dict[str, int] = {}
    with source.open("rb") as readable, packed.open("wb") as writable:
        writer = McapWriter(writable, compression=CompressionType.LZ4)
        writer.start("ros2")
        for schema, channel, message in make_reader(readable).iter_messages():
            assert schema is not None
            if channel.topic not in channels:
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                channels[channel.topic] = writer.register_channel(channel.topic, "cdr", number)
            times = message.log_time, message.publish_time
            writer.add_message(channels[channel.topic], times[0], message.data, times[1])
        writer.finish()
    assert b"lz4" in packed.read_bytes()
    with Bag(source) as plain, Bag(packed) as bag:
        read = [(item.log_time, item.data) for item in bag.messages()]
        assert len(read) == 6
        assert read == [(item.log_time, item.data) for item in plain.messages()]


def test_a_file_without_words_has_none(tmp_path: Path) -> None:
    for kind in ("mcap", "sqlite"):
        with Bag(storage_file(write_bag(tmp_path / kind, _entries(1), KINDS[kind]))) as bag:
            assert bag.custom == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_bag_gives_its_messages_in_order(kind: str, tmp_path: Path) -> None:
    entries = _entries()
    path = write_bag(tmp_path / "bag", entries, KINDS[kind])
    with Bag(path) as bag:
        assert {name: topic.count for name, topic in bag.topics.items()} == {
            "/image": FRAMES,
            "/text": FRAMES,
        }
        read = [(item.topic.name, item.log_time, item.data) for item in bag.messages()]
        assert bag.damage == []
    assert read == [(entry.topic, entry.log_time, entry.data) for entry in entries]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.97])
def test_a_truncated_bag_is_read_as_far_as_it_goes(kind: str, share: float, tmp_path: Path) -> None:
    entries = _entries()
    path = write_bag(tmp_path / "bag", entries, KINDS[kind])
    file = storage_file(path)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with Bag(path) as bag:
        assert "truncated" in " ".join(bag.damage)
        read = [item.data for item in bag.messages()]
    assert 2 * FRAMES * share / 3 < len(read) < 2 * FRAMES
    assert read == [entry.data for entry in entries[: len(read)]]
    assert file.stat().st_size == int(len(whole) * share)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bag_without_its_metadata_is_read_all_the_same(kind: str, tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _entries(), KINDS[kind])
    (path / "metadata.yaml").unlink()
    with Bag(path) as bag:
        assert _texts(bag) == [f"text {number}" for number in range(FRAMES)]


@pytest.mark.parametrize("kind", ["sqlite", "mcap"])
def test_one_storage_file_is_a_bag(kind: str, tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _entries(3), KINDS[kind])
    with Bag(storage_file(path)) as bag:
        assert _texts(bag) == ["text 0", "text 1", "text 2"]


def test_files_without_metadata_follow_each_other_in_natural_order(tmp_path: Path) -> None:
    entries = _entries(4)
    folder = tmp_path / "bag"
    folder.mkdir()
    for number, part in ((2, entries[:4]), (10, entries[4:])):
        written = write_bag(tmp_path / f"part_{number}", part)
        storage_file(written).rename(folder / f"bag_{number}.mcap")
    with Bag(folder) as bag:
        assert _texts(bag) == [f"text {number}" for number in range(4)]


def test_a_chunk_that_cannot_be_unpacked_ends_the_reading_with_a_word(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _entries(), KINDS["mcap, chunks"])
    file = storage_file(path)
    content = bytearray(file.read_bytes())
    start = content.index(b"\x28\xb5\x2f\xfd", len(content) // 2)
    content[start : start + 4] = b"zero"
    file.write_bytes(content)
    with Bag(path) as bag:
        read = len(list(bag.messages()))
        assert 0 < read < 2 * FRAMES
        assert len(list(bag.messages())) == read
        assert len(bag.damage) == 1
        assert "damaged" in bag.damage[0]


def test_a_bag_whose_metadata_name_what_is_missing_says_so_without_paths(tmp_path: Path) -> None:
    """Sentences are part of scores, and those are the same on every machine."""
    path = write_bag(tmp_path / "bag", _entries(2))
    storage_file(path).rename(path / "renamed.mcap")
    with Bag(path) as bag:
        assert _texts(bag) == ["text 0", "text 1"]
        (sentence,) = bag.damage
    assert "bag.mcap" in sentence
    assert "missing" in sentence
    assert "/" not in sentence


def test_a_damaged_file_leaves_the_others_readable(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    folder.mkdir()
    storage_file(write_bag(tmp_path / "whole", _entries(2))).rename(folder / "bag_1.mcap")
    (folder / "bag_0.mcap").write_bytes(b"no recording")
    with Bag(folder) as bag:
        assert _texts(bag) == ["text 0", "text 1"]
        assert "bag_0.mcap" in bag.damage[0]


def test_an_old_bag_without_definitions_is_understood(tmp_path: Path) -> None:
    entry = image_entry("/image", stamp_of(0), noise(0))
    path = write_bag(tmp_path / "bag", [entry], KINDS["sqlite"])
    file = storage_file(path)
    _drop_definitions(file)
    with Bag(path) as bag:
        topic = bag.topics["/image"]
        (item,) = bag.messages()
        message = read_message(types_of(topic.connection), item.data, topic.msgtype)
    np.testing.assert_array_equal(message.data.reshape(noise(0).shape), noise(0))


def test_a_type_that_nobody_defines_is_named(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", _entries(1), KINDS["sqlite"])
    _drop_definitions(storage_file(path), "my_msgs/msg/Own")
    (path / "metadata.yaml").unlink()
    with Bag(path) as bag, pytest.raises(MediaError, match=r"/text.*my_msgs/msg/Own.*Iron"):
        types_of(bag.topics["/text"].connection)


def _drop_definitions(file: Path, text_type: str = TEXT) -> None:
    """Make a bag as Humble writes it; the texts get another type."""
    database = sqlite3.connect(file)
    database.execute("DELETE FROM message_definitions")
    database.execute("UPDATE topics SET type = ? WHERE name = '/text'", (text_type,))
    database.commit()
    database.close()


def _no_bag(folder: Path) -> Path:
    (folder / "bag").mkdir()
    (folder / "bag" / "notes.txt").write_text("nothing")
    return folder / "bag"


def _old_bag(folder: Path) -> Path:
    (folder / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    return folder / "old.bag"


def _empty(folder: Path) -> Path:
    (folder / "empty.mcap").touch()
    return folder / "empty.mcap"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "nowhere", ["nowhere", "does not exist"]),
        (_no_bag, ["no bag of ROS 2", ".mcap or .db3"]),
        (_old_bag, ["old.bag", "no bag of ROS 2"]),
        (_empty, ["empty.mcap", "nothing"]),
    ],
)
def test_what_is_no_bag_is_explained(
    make: Callable[[Path], Path], words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(MediaError) as caught:
        Bag(make(tmp_path))
    for word in words:
        assert word in str(caught.value)


def test_messages_of_this_package_are_those_that_ros_compiles() -> None:
    """The hash over all fields is the one that rosidl wrote beside the installed definitions."""
    for name in ("HandInstance", "HandInstances", "LabelInfo"):
        file = Path(sys.prefix, "share", "handseg_ros", "msg", f"{name}.json")
        hashes = json.loads(file.read_text())["type_hashes"]
        compiled = {item["type_name"]: item["hash_string"] for item in hashes}
        full = f"handseg_ros/msg/{name}"
        assert known_types().hash_rihs01(full) == compiled[full]


def test_a_packed_bag_without_space_to_unpack_is_no_damaged_one(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", [image_entry("/image", stamp_of(1), noise(1))])
    packed = tmp_path / "bag_0.mcap.zstd"
    packed.write_bytes(zstd.compress(storage_file(bag).read_bytes()))
    with Bag(packed) as opened:
        assert opened.topics["/image"].count == 1
    with file_limit(100), pytest.raises(MediaError, match="unpacked, File too large: let TMPDIR"):
        Bag(packed)


@pytest.mark.parametrize("name", ["bag", "bag/bag_0.mcap", "bag/bag_0.db3.zstd"])
def test_a_bag_is_told_by_its_names(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix:
        path.touch()
        assert is_bag(path.parent)
    else:
        path.mkdir()
        assert not is_bag(path)
        (path / "metadata.yaml").touch()
    assert is_bag(path)
    assert not is_bag(tmp_path / "nowhere.mcap")
    assert not is_bag(tmp_path)


def test_definitions_in_idl_are_understood(tmp_path: Path) -> None:
    """Bags hold them for types that were written in IDL, each file behind a line of its name."""
    idl = Path(sys.prefix, "share", "std_msgs", "msg", "String.idl").read_text()
    types = known_types()
    message = blank_message(types, TEXT)
    message.data = "said"
    with Writer(tmp_path / "bag", version=8) as writer:
        definition = f"{'=' * 80}\nIDL: {TEXT}\n{idl}"
        connection = writer.add_connection(
            "/text", TEXT, msgdef=definition, rihs01=types.hash_rihs01(TEXT)
        )
        writer.write(connection, 1, serialized(message, TEXT))
    with Bag(tmp_path / "bag") as bag:
        assert bag.topics["/text"].connection.msgdef.format.name == "IDL"
        assert _texts(bag) == ["said"]


def test_a_blank_message_of_every_type_can_be_written() -> None:
    types = get_typestore(Stores.ROS2_HUMBLE)
    for msgtype in ("sensor_msgs/msg/CameraInfo", "diagnostic_msgs/msg/DiagnosticArray"):
        blank = blank_message(types, msgtype)
        again = types.deserialize_cdr(types.serialize_cdr(blank, msgtype), msgtype)
        assert type(again) is type(blank)


def test_a_message_that_unfolds_to_gigabytes_stays_packed(tmp_path: Path) -> None:
    # RFC 8878, 3.1.1: a frame of one segment with its size in eight bytes, and one last block of
    # 128 KiB of one byte, repeated.
    for size in (2**17, LARGEST_MESSAGE + 2**17):
        frame = b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little") + b"\x03\x00\x10\x00"
        path = write_bag(tmp_path / f"bag_{size}", [Entry("/text", TEXT, 1, frame)])
        with Bag(path) as bag:
            (recorded,) = bag.messages()
        assert recorded.data == (bytes(size) if size < LARGEST_MESSAGE else frame)
