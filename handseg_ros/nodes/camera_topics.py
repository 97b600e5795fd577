"""What the topics and services of one camera are called, where a node has one or several."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

_PRIVATE = "~/"


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
