"""What the bytes of messages mean: definitions from a bag, from ROS, and from this package."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from rosbags.interfaces import Connection, MessageDefinitionFormat, Nodetype
from rosbags.serde import SerdeError
from rosbags.typesys import (
    Stores,
    TypesysError,
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
)
from rosbags.typesys.store import Typestore

from handseg_ros.segmentation.errors import ImageError, MediaError
from handseg_ros.segmentation.package_files import package_folder

HANDS = "handseg_ros/msg/HandInstances"
_IDL_PART = "=" * 80 + "\n"


@functools.cache
def known_types() -> Typestore:
    """Return the types of ROS 2 and of this package.

    Those of Humble, the last release whose bags do not hold the definitions themselves. Raises
    MediaError when the package's .msg files are missing.
    """
    folder = package_folder("msg", "HandInstances.msg")
    if folder is None:
        raise MediaError(
            "the package's message definitions (msg/*.msg) were not found: the installation is "
            "incomplete, install it again"
        )
    store = get_typestore(Stores.ROS2_HUMBLE)
    types: dict[str, Any] = {}
    for path in sorted(folder.glob("*.msg")):
        name = f"handseg_ros/msg/{path.stem}"
        types.update(get_types_from_msg(path.read_text(encoding="utf-8"), name))
    store.register(types)
    return store


def is_defined(connection: Connection) -> bool:
    """Return whether a bag holds the definition of a topic's type itself."""
    definition = connection.msgdef
    return definition.format is not MessageDefinitionFormat.NONE and bool(definition.data.strip())


def types_of(connection: Connection) -> Typestore:
    """Return a store with the type of a topic: the bag's own where it has it, else a known one.

    Raises MediaError when neither the bag nor this package knows the type.
    """
    if is_defined(connection):
        return _types_in_bag(connection)
    if connection.msgtype in known_types().fielddefs:
        return known_types()
    raise MediaError(
        f"the messages of topic '{connection.topic}' cannot be read, as the bag has no definition "
        f"of their type {connection.msgtype}: record it with ROS 2 Iron or newer"
    )


def _types_in_bag(connection: Connection) -> Typestore:
    text = connection.msgdef.data
    store = get_typestore(Stores.EMPTY)
    try:
        if connection.msgdef.format is MessageDefinitionFormat.MSG:
            store.register(get_types_from_msg(text, connection.msgtype))
        for part in _idl_parts(connection):
            store.register(get_types_from_idl(part))
    except TypesysError as error:
        raise MediaError(
            f"the messages of topic '{connection.topic}' cannot be read, as the bag's definition "
            f"of {connection.msgtype} is damaged ({error}): record it again"
        ) from error
    return store


def _idl_parts(connection: Connection) -> list[str]:
    """Return the IDL files in a definition: rosbag2 puts several after each other, each named."""
    text = connection.msgdef.data
    if connection.msgdef.format is not MessageDefinitionFormat.IDL:
        return []
    if not text.startswith(f"{_IDL_PART}IDL: "):
        return [text]
    return [part.partition("\n")[2] for part in text.split(_IDL_PART)[1:]]


def read_message(types: Typestore, data: bytes, msgtype: str) -> Any:
    """Return the message in serialized `data` (CDR); raises ImageError when they are damaged."""
    try:
        return types.deserialize_cdr(data, msgtype)
    except SerdeError as error:
        raise ImageError(
            f"the {len(data)} bytes recorded are no {msgtype} ({error}): record it again"
        ) from error


def blank_message(types: Typestore, msgtype: str) -> Any:
    """Return a message of a type with 0, false, empty texts and empty lists everywhere."""
    fields = types.get_msgdef(msgtype).fields
    return types.types[msgtype](*(_blank(types, description) for _, description in fields))


def _blank(types: Typestore, description: Any) -> Any:
    kind, detail = description
    if kind == Nodetype.NAME:
        return blank_message(types, detail)
    if kind == Nodetype.BASE:
        return {"string": "", "bool": False}.get(detail[0], 0)
    element, count = detail
    if element[0] == Nodetype.BASE and element[1][0] != "string":
        return np.zeros(count if kind == Nodetype.ARRAY else 0, element[1][0])
    return [_blank(types, element) for _ in range(count if kind == Nodetype.ARRAY else 0)]
