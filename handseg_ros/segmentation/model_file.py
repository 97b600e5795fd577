"""What a model file is asked before ONNX Runtime gets it: how large it is, where its weights lie.

A model file is data from somewhere else. ONNX lets it name other files that hold its weights; older
releases of ONNX Runtime read any that the user may read.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handseg_ros.segmentation.errors import ModelError, quoted
from handseg_ros.segmentation.protobuf import DamagedError, delimited_fields

# What protobuf, and so ONNX, allows a file; weights in files of their own count too.
LARGEST_MODEL = 2**31
_DEEPEST = 100  # protobuf's own limit for messages inside messages
# Field numbers of onnx.proto: in which messages tensors lie, and the entries of these.
_ENTRY = "entry"
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: _ENTRY},
}
_KEY, _VALUE = 1, 2
_LOCATION = b"location"


def check_model_file(path: Path) -> None:
    """Raise ModelError unless a file is there, not too large, and keeps to its own folder.

    The files that it names for its weights must lie in its folder or below; links are followed.
    """
    if not path.is_file():
        raise ModelError(f"model file {path} does not exist: check the path")
    size = path.stat().st_size
    _check_size(path, size)
    if not size:
        raise ModelError(
            f"model file {path} is no ONNX model, as it is empty: export it again or give another "
            "file"
        )
    size += sum(file.stat().st_size for file in weights_files(path))
    _check_size(path, size)


def weights_files(path: Path) -> list[Path]:
    """Return the files beside a model file that hold its weights, by name.

    Raises ModelError for one that is not there, or lies outside the model's folder.
    """
    return sorted(_weights_file(path, location) for location in _locations(path))


def _check_size(path: Path, size: int) -> None:
    if size > LARGEST_MODEL:
        raise ModelError(
            f"model file {path} has {size / 2**30:.1f} GiB with its weights, but at most "
            f"{LARGEST_MODEL / 2**30:.0f} are loaded: export it at half precision, or take a "
            "smaller network"
        )


def _weights_file(path: Path, location: str) -> Path:
    """Return the file that a model names for weights; raises ModelError unless it is beside it."""
    folder, shown = path.parent.resolve(), quoted(location)
    try:
        file = (folder / location).resolve()
        # ONNX Runtime takes "*/_ORT_MEM_ADDR_/*" for a place in memory
        is_inside = file.is_relative_to(folder) and "*" not in location
        is_there = file.is_file()
    except (OSError, RuntimeError, ValueError):  # too long, links in a ring, a null byte
        is_inside = is_there = False
    if not is_inside:
        raise ModelError(
            f"model file {path} keeps weights in {shown}, which is not below its own folder: "
            "such a file is not read, so put the weights beside the model and export it again"
        )
    if not is_there:
        raise ModelError(
            f"model file {path} keeps weights in {shown}, which is not there: copy that file "
            "beside the model too"
        )
    return file


def _locations(path: Path) -> set[str]:
    """Return the names of all files that a model keeps weights in; raises ModelError."""
    try:
        return set(_locations_inside(memoryview(path.read_bytes()), "model", 0))
    except OSError as error:
        raise ModelError(
            f"model file {path} cannot be read, {error.strerror}: check its permissions"
        ) from error
    except DamagedError as error:
        raise ModelError(
            f"model file {path} is no ONNX model, as it has {error}: export it again or give "
            "another file"
        ) from error


def _locations_inside(message: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise DamagedError(f"messages inside messages, more than {_DEEPEST} deep")
    known = _INSIDE[kind]
    for number, content in delimited_fields(message):
        inner = known.get(number)
        if inner == _ENTRY:
            entry = dict(delimited_fields(content))
            if bytes(entry.get(_KEY, b"")) == _LOCATION:
                yield bytes(entry.get(_VALUE, b"")).decode("utf-8", "replace")
        elif inner is not None:
            yield from _locations_inside(content, inner, depth + 1)
