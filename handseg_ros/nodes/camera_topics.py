"""What cameras, their topics and their services are called, where a node has one or several."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from dataclasses import dataclass

from handseg_ros.nodes.parameters import ParameterError

_PRIVATE = "~/"
_RECTIFIED = re.compile(r"(?:^|/)image_rect(?:_\w+)?(?:/compressed)?$", re.ASCII)
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def camera_names(text: str) -> tuple[str, ...]:
    """Return the names in `left, right` or `left right`; of '' the one of a camera without, ''.

    Raises ParameterError.
    """
    names = tuple(re.split(r"[\s,]+", text.strip(" ,"))) if text else ("",)
    are_names = all(name and _NAME.fullmatch(name) for name in names)
    if text and not (are_names and len(set(names)) == len(names)):
        raise ParameterError(
            f"parameter cameras cannot be {text!r}: it takes different names of "
            "letters, digits and underscores, as 'left, right'"
        )
    return names


def is_rectified(topic: str) -> bool:
    """Return whether a topic of images, raw or compressed, is called as rectified ones are.

    By sensor_msgs/CameraInfo's convention these are image_rect and image_rect_color.
    """
    return _RECTIFIED.search(topic) is not None


@dataclass(frozen=True)
class CameraTopics:
    """The names of a camera's topics; `camera` is '' for the only one, which adds nothing."""

    camera: str = ""

    def of(self, name: str) -> str:
        """Return the name of a topic or service: left/image of image, ~/left/mask of ~/mask."""
        if not self.camera:
            return name
        if name.startswith(_PRIVATE):
            return f"{_PRIVATE}{self.camera}/{name.removeprefix(_PRIVATE)}"
        return f"{self.camera}/{name}"
