"""What `metadata.yaml` says of a bag: its files, its topics, and words on the recording.

The format is rosbag2's, of all its versions: a text of YAML, which is in MCAP files too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import yaml
from rosbags.interfaces import (
    Connection,
    ConnectionExtRosbag2,
    MessageDefinition,
    MessageDefinitionFormat,
)
from rosbags.rosbag2.metadata import parse_qos

from handseg_ros.bags.bag_format import METADATA

_RECORDING = "rosbag2_bagfile_information"


@dataclass(frozen=True)
class RecordingWords:
    """What a recording was given besides its messages; `ros_distro` is None where it is unknown."""

    custom: Mapping[str, str]
    ros_distro: str | None = None


@dataclass(frozen=True)
class BagMetadata:
    """A bag's storage files, its topics without their definitions, and words on the recording."""

    files: tuple[Path, ...]
    topics: tuple[Connection, ...]
    words: RecordingWords


class _TextLoader(yaml.SafeLoader):
    """Reads each value as the text that stands there: rosbag2 writes `no` without quotes."""

    yaml_implicit_resolvers = {}  # noqa: RUF012


def read_bag_metadata(folder: Path) -> BagMetadata:
    """Return what a bag's metadata say; raises ValueError for damaged ones, or missing files."""
    text = (folder / METADATA).read_text(encoding="utf-8")
    try:
        told = yaml.safe_load(text)[_RECORDING]
        # As rosbag2 does: older releases wrote the folder's name too, whatever it is called now.
        files = tuple(folder / PurePath(name).name for name in told["relative_file_paths"])
        topics = tuple(_topics(told["topics_with_message_count"]))
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{METADATA} cannot be understood: {error!r}") from error
    if missing := [file.name for file in files if not file.exists()]:
        raise ValueError(f"files that {METADATA} names are missing: {', '.join(missing)}")
    return BagMetadata(files, topics, recording_words(text))


def recording_words(text: str) -> RecordingWords:
    """Return the words in a text of metadata; raises yaml.YAMLError for what is no YAML."""
    content = _TextLoader(text).get_single_data()
    told = content.get(_RECORDING, content) if isinstance(content, dict) else {}
    if not isinstance(told, dict):
        return RecordingWords({})
    custom = told.get("custom_data")
    words = custom.items() if isinstance(custom, dict) else ()
    return RecordingWords(
        {str(key): str(value) for key, value in words}, told.get("ros_distro") or None
    )


def _topics(told: list[Mapping[str, Any]]) -> Iterator[Connection]:
    for number, item in enumerate(told, start=1):
        topic = item["topic_metadata"]
        yield Connection(
            id=number,
            topic=topic["name"],
            msgtype=topic["type"],
            msgdef=MessageDefinition(MessageDefinitionFormat.NONE, ""),
            digest=topic.get("type_description_hash") or "",
            msgcount=int(item["message_count"]),
            ext=ConnectionExtRosbag2(
                topic["serialization_format"], parse_qos(topic.get("offered_qos_profiles") or [])
            ),
            owner=None,
        )
