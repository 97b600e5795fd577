"""What the launch files make of their arguments, which all come as text; ROS launch is not needed.

`ros2 launch` takes no empty value (`name:=`), so what can be left out has a word for that too.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from handseg_ros.nodes.camera_topics import camera_names
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.user_path import user_path

# The spellings that ROS takes for booleans of parameter files (YAML 1.1), and those of launch.
_TRUE = frozenset(["true", "yes", "on", "y", "1"])
_FALSE = frozenset(["false", "no", "off", "n", "0"])
NONE = "none"
# How alike two names are that are taken for each other, by difflib; none of our own are.
NEAR = 0.8


class LaunchArgumentError(HandsegError):
    """A launch argument was given a value that it cannot take."""


class ProcessFailedError(HandsegError):
    """One of the processes that were started together has failed."""


def boolean(name: str, text: str) -> bool:
    """Return what a boolean argument says, in any spelling that ROS 2 users write.

    Raises LaunchArgumentError, as all functions here do, with the argument's name and the way out.
    """
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise LaunchArgumentError(f"{name} cannot be '{text}': it takes true or false")
    return word in _TRUE


def number(name: str, text: str) -> float:
    """Return a finite number; it may be written without a fraction."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LaunchArgumentError(f"{name} cannot be '{text}': it takes a number, as 2 or 0.5")
    return value


def whole_number(name: str, text: str) -> int:
    """Return a whole number."""
    value = number(name, text)
    if not value.is_integer():
        raise LaunchArgumentError(f"{name} cannot be '{text}': it takes a whole number")
    return int(value)


def path(text: str) -> str:
    """Return a path with `~` replaced, which no shell does behind `:=`; other texts as they are."""
    if not text.startswith("~"):
        return text
    try:
        return str(user_path(text))
    except RuntimeError:  # no such user: whoever opens it says so
        return text


def check_cameras(given: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """Refuse topics of one camera where several are named: theirs are below their names."""
    changed = [name for name, default in defaults.items() if given[name] != default]
    if given["cameras"] and changed:
        raise LaunchArgumentError(
            f"{changed[0]} cannot be '{given[changed[0]]}' with cameras '{given['cameras']}', whose"
            f" topics are left/{changed[0]} and the like: leave it out, or remap each of them"
        )


def devices_of(cameras: str, devices: str) -> dict[str, str]:
    """Return the device of each camera, by its name; commas separate the devices.

    The names are read as the node reads them; raises ParameterError for what are none.
    """
    names = camera_names(cameras)
    found = [word.strip() for word in devices.split(",") if word.strip()]
    if len(names) != len(found):
        raise LaunchArgumentError(
            f"devices '{devices}' has {len(found)} devices for {len(names)} cameras: give "
            "cameras and devices in the same order, as left,right and /dev/video0,/dev/video2"
        )
    return {name: path(device) for name, device in zip(names, found, strict=True)}


def existing(name: str, text: str, *, folder: bool = False) -> str:
    """Return the path of a file that is there (or, with `folder`, of a file or folder)."""
    found = Path(path(text))
    if not (found.exists() if folder else found.is_file()):
        kind = "file or folder" if folder else "file"
        raise LaunchArgumentError(f"{name} '{text}' does not exist: give the path of a {kind}")
    return str(found)


def calibration_url(text: str) -> str:
    """Return a path as the file:// URL that camera drivers ask for; URLs and '' as they are."""
    if not text or "://" in text:
        return text
    return f"file://{Path(path(text)).absolute()}"


def profile(text: str) -> str:
    """Return the path of a profile of Fast DDS; '' for `none` or an empty text."""
    return "" if text.lower() in ("", NONE) else existing("dds_profile", text)


def namespace(text: str) -> str:
    """Return a namespace as nodes take it: '' or '/' is the root, and a slash may end it."""
    return text.strip("/") and text.rstrip("/")


def full_name(within: str, name: str) -> str:
    """Return the fully qualified name of a node, or of a topic that is not remapped."""
    return "/" + "/".join(part for part in (*within.split("/"), *name.split("/")) if part)


def node_parameters(given: Mapping[str, str]) -> dict[str, bool | str]:
    """Return the parameters that arguments of handseg.launch.py set; those left empty set none.

    What is set goes before the parameters file, so an empty argument must not hide what that says.
    """
    parameters: dict[str, bool | str] = {
        name: given[name] for name in ("cameras", "overlay_mode", "image_transport") if given[name]
    }
    if given["model"]:
        parameters["model"] = path(given["model"])
    if given["depth"]:
        parameters["depth"] = True
    if given["use_sim_time"]:
        parameters["use_sim_time"] = boolean("use_sim_time", given["use_sim_time"])
    return parameters


def mistyped(declared: Iterable[str], words: Sequence[str]) -> list[str]:
    """Return a sentence for each argument on a command line that is much like a declared name.

    `ros2 launch` says nothing of an argument that no file knows, and a launch file does not know
    the arguments of those that include it: so only near misses are told. A name that goes on where
    another ends, as camera_info_url does behind camera_info, is no miss.
    """
    names = list(declared)
    sentences = []
    for word in words:
        name, is_argument, _ = word.partition(":=")
        if not is_argument or name in names:
            continue
        for near in difflib.get_close_matches(name, names, n=1, cutoff=NEAR):
            if not (near.startswith(f"{name}_") or name.startswith(f"{near}_")):
                sentences.append(f"the argument {name} has no effect here, did you mean {near}?")
    return sentences


def check_rviz(values: Mapping[str, str]) -> None:
    """Refuse what rviz.launch.py would refuse, of the arguments that were given."""
    boolean("rviz", values.get("rviz", "true"))
    if values.get("rviz_config"):
        existing("rviz_config", values["rviz_config"])


def is_installed(package: str) -> bool:
    """Return whether ROS finds a package of this name."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True


def end_on_failure(event: Any, context: Any) -> None:
    """Take launch's event of a process that ended: one that failed ends all the rest, with code 1.

    Raises ProcessFailedError unless the process ended with code 0, or all of it ends already.
    """
    if event.returncode and not context.is_shutdown:
        raise ProcessFailedError(
            f"{event.process_name} ended with code {event.returncode}: see its last words above"
        )


def parameters_file(text: str) -> str:
    """Return the path of a file of parameters that is there and reads as one."""
    file = existing("params_file", text)
    try:
        content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise LaunchArgumentError(
            f"params_file '{text}' cannot be read as YAML ({problem}): correct it"
        ) from error
    if not any(_sections(content)):
        raise LaunchArgumentError(
            f"params_file '{text}' has no parameters: they stand below '/**:' (or a node's name) "
            "and 'ros__parameters:'"
        )
    return file


def unmet_sections(file: str, node: str) -> list[str]:
    """Return the names in a parameters file if none of them means this node, else nothing.

    ROS says nothing of such a file, and the node has its defaults. `node` is its fully qualified
    name; `*` in a name stands for one part, `**` for any number of them.
    """
    content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    names = list(_sections(content))
    return [] if any(_pattern(name).fullmatch(node) for name in names) else names


def _sections(content: Any, within: str = "") -> Iterator[str]:
    """Yield the names above `ros__parameters`, those of nested sections put together."""
    for key, value in content.items() if isinstance(content, dict) else ():
        if not isinstance(value, dict):
            continue
        name = f"{within}/{str(key).strip('/')}"
        if "ros__parameters" in value:
            yield name
        yield from _sections({k: v for k, v in value.items() if k != "ros__parameters"}, name)


def _pattern(name: str) -> re.Pattern[str]:
    parts = [part for part in name.split("/") if part]
    wild = {"**": "(/[^/]+)*", "*": "/[^/]+"}
    return re.compile("".join(wild.get(part, "/" + re.escape(part)) for part in parts))
