"""Guards bags with a topic whose type the recorder did not know: the other topics are read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from mcap.writer import Writer as McapWriter
from support.bags import IMAGE, KINDS, Entry, image_entry, noise, stamp_of, storage_file, write_bag

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.camera_topic import choose_image_topic
from handseg_ros.bags.definitions import is_defined, known_types, types_of
from handseg_ros.bags.recording import McapRecording
from handseg_ros.bags.segment_bag import undefined_topics
from handseg_ros.segmentation.errors import MediaError

TOPIC, THING, TYPE = "/camera/image", "/thing", "own_msgs/msg/Thing"
PAYLOAD = b"\x00\x01\x00\x00\x2a\x00\x00\x00"
COUNT = 3
# rosbag2 writes the first two; others are of programs that write MCAP themselves.
ENCODINGS = ["unknown", "", "jsonschema"]


def _sqlite(folder: Path, encoding: str) -> Path:
    path = write_bag(folder / "bag", _images(), KINDS["sqlite"])
    with closing(sqlite3.connect(storage_file(path))) as database, database:
        database.execute(
            "INSERT INTO message_definitions(topic_type, encoding, encoded_message_definition,"
            " type_description_hash) VALUES (?, ?, '', '')",
            (TYPE, encoding),
        )
        row = database.execute(
            "INSERT INTO topics(name, type, serialization_format, offered_qos_profiles,"
            " type_description_hash) VALUES (?, ?, 'cdr', '', '')",
            (THING, TYPE),
        )
        database.execute(
            "INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)",
            (row.lastrowid, stamp_of(COUNT), PAYLOAD),
        )
    return path


def _mcap(folder: Path, encoding: str) -> Path:
    definition, _ = known_types().generate_msgdef(IMAGE, ros_version=2)
    path = folder / "bag.mcap"
    with path.open("wb") as file:
        writer = McapWriter(file)
        writer.start("ros2")
        schema = writer.register_schema(IMAGE, "ros2msg", definition.encode())
        images = writer.register_channel(TOPIC, "cdr", schema)
        thing = writer.register_channel(THING, "cdr", writer.register_schema(TYPE, encoding, b""))
        for entry in _images():
            writer.add_message(images, entry.log_time, entry.data, entry.log_time)
        writer.add_message(thing, stamp_of(COUNT), PAYLOAD, stamp_of(COUNT))
        writer.finish()
    return path


def _images() -> list[Entry]:
    return [image_entry(TOPIC, stamp_of(number), noise(number)) for number in range(COUNT)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("write", [_mcap, _sqlite])
def test_a_topic_of_a_type_that_nobody_knows_leaves_the_others_readable(
    write: Callable[[Path, str], Path], encoding: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.mcap"
    with Bag(write(tmp_path, encoding)) as bag:
        assert choose_image_topic(bag, None).name == TOPIC
        assert is_defined(bag.topics[TOPIC].connection)
        with pytest.raises(MediaError, match=f"{THING}.* no definition of their type {TYPE}"):
            types_of(bag.topics[THING].connection)
        with McapRecording(out) as recording:
            assert undefined_topics(bag, recording) == [THING]
            for recorded in bag.messages():
                recording.copy(recorded)
        assert bag.damage == []
    with Bag(out) as copied:
        found = [(item.topic.name, item.data) for item in copied.messages()]
        assert copied.topics[THING].msgtype == TYPE
    assert found == [*((TOPIC, entry.data) for entry in _images()), (THING, PAYLOAD)]
