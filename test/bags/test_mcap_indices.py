"""Guards MCAP files without message indexes or with a damaged end: what is there is read."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mcap.writer import IndexType
from mcap.writer import Writer as McapWriter
from support.bags import IMAGE, image_entry, noise, stamp_of

from handseg_ros.bags.bag import Bag
from handseg_ros.bags.definitions import known_types

TOPICS = ("/left", "/right")
FRAMES = 6
_CHUNK, _MESSAGE_INDEX, _DATA_END = 6, 7, 15


def _write(path: Path, indices: IndexType = IndexType.ALL) -> Path:
    """Write two images at a time to a file of three chunks, by MCAP's own library."""
    definition, _ = known_types().generate_msgdef(IMAGE, ros_version=2)
    with path.open("wb") as file:
        # A chunk ends behind the message that makes it larger than this: the fourth one.
        size = 3 * len(image_entry("", 0, noise(0)).data) + 1000
        writer = McapWriter(file, chunk_size=size, index_types=indices)
        writer.start("ros2")
        schema = writer.register_schema(IMAGE, "ros2msg", definition.encode())
        channels = [writer.register_channel(topic, "cdr", schema) for topic in TOPICS]
        for number in range(FRAMES):
            for channel in channels:
                entry = image_entry("", stamp_of(number), noise(number))
                writer.add_message(channel, entry.log_time, entry.data, entry.log_time)
        writer.finish()
    return path


def _ends(data: bytes | bytearray) -> dict[int, list[int]]:
    """Return where the records of a file end, by their opcode."""
    place, found = 8, dict[int, list[int]]()
    while place + 9 <= len(data) - 8:
        opcode, length = struct.unpack_from("<BQ", data, place)
        place += 9 + length
        found.setdefault(opcode, []).append(place)
    return found


def _times(bag: Bag, topic: str) -> list[int]:
    return [item.log_time for item in bag.messages([topic])]


@pytest.mark.parametrize(
    "indices",
    [
        IndexType.ALL,
        IndexType.ALL & ~IndexType.MESSAGE,
        IndexType.ALL & ~IndexType.CHUNK,
        IndexType.NONE,
    ],
)
def test_all_messages_are_read_whatever_indices_there_are(
    indices: IndexType, tmp_path: Path
) -> None:
    with Bag(_write(tmp_path / "bag.mcap", indices)) as bag:
        for topic in TOPICS:
            assert bag.topics[topic].count == FRAMES
            assert _times(bag, topic) == [stamp_of(number) for number in range(FRAMES)]
        assert bag.damage == []


@pytest.mark.parametrize("behind", [_CHUNK, _MESSAGE_INDEX])
@pytest.mark.parametrize("more", [0, 5])
def test_the_last_whole_chunk_of_a_truncated_file_is_read(
    behind: int, more: int, tmp_path: Path
) -> None:
    """Whether it ends before the chunk's indices, or between those of its two topics."""
    data = _write(tmp_path / "bag.mcap").read_bytes()
    ends = _ends(data)
    assert (len(ends[_CHUNK]), len(ends[_MESSAGE_INDEX])) == (3, 6)
    per_chunk = len(ends[behind]) // 3
    for chunk in range(3):
        cut = tmp_path / f"cut_{chunk}.mcap"
        cut.write_bytes(data[: ends[behind][chunk * per_chunk] + more])
        with Bag(cut) as bag:
            for topic in TOPICS:
                assert _times(bag, topic) == [stamp_of(n) for n in range(2 * chunk + 2)]
            (sentence,) = bag.damage
        lost = f"its last {more} bytes held is lost" if more else "its last whole record is lost"
        assert sentence == (
            f"'{cut.name}' is truncated, and what {'' if more else 'was to follow '}{lost}"
        )


@pytest.mark.parametrize("more", [0, 5000])
def test_a_file_that_ends_in_zeros_is_read_up_to_them(more: int, tmp_path: Path) -> None:
    """As some file systems leave it where power was lost: its length is there, not its content."""
    path = _write(tmp_path / "bag.mcap")
    data = path.read_bytes()
    end = _ends(data)[_CHUNK][1]
    path.write_bytes(data[: end - 3000] + bytes(3000 + more))
    with Bag(path) as bag:
        for topic in TOPICS:
            assert bag.topics[topic].count == 2
            assert _times(bag, topic) == [stamp_of(0), stamp_of(1)]
        (sentence,) = bag.damage
    assert sentence.startswith("'bag.mcap' is truncated, and what its last ")


def test_the_index_leads_past_a_damaged_record(tmp_path: Path) -> None:
    path = _write(tmp_path / "bag.mcap")
    data = bytearray(path.read_bytes())
    second = _ends(data)[_MESSAGE_INDEX][1]
    assert data[second] == _CHUNK
    data[second + 1 : second + 9] = bytes(8)  # its length
    path.write_bytes(data)
    with Bag(path) as bag:
        for topic in TOPICS:
            assert _times(bag, topic) == [stamp_of(number) for number in range(FRAMES)]
        assert bag.damage == []


def test_a_damaged_index_loses_no_messages(tmp_path: Path) -> None:
    path = _write(tmp_path / "bag.mcap")
    data = path.read_bytes()
    end = len(data) - 8
    # The footer: its length, where the summary begins and where the offsets into it, a checksum.
    assert struct.unpack_from("<Q", data, end - 28)[0] == 20
    beyond = data[: end - 20] + struct.pack("<Q", len(data)) + data[end - 12 :]
    cut = data[: _ends(data)[_DATA_END][0] + 5]
    for content, trouble in ((beyond, "damaged"), (cut, "truncated")):
        path.write_bytes(content)
        with Bag(path) as bag:
            for topic in TOPICS:
                assert _times(bag, topic) == [stamp_of(number) for number in range(FRAMES)]
            assert bag.damage == [
                f"'bag.mcap' is {trouble} behind its messages, which are all there"
            ]
