"""Why an image is answered without depth, and how that is said."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import enum
from dataclasses import dataclass

from handseg_ros.segmentation.errors import HandsegError


class MissingDepthReason(enum.Enum):
    """Why an image is answered without depth; the values are keys of the diagnostics."""

    NOT_PUBLISHED = "depth_not_published"
    ABSENT = "depth_absent"
    LATE = "depth_late"
    APART = "depth_apart"
    CROWDED = "depth_crowded"
    TIME_WENT_BACK = "depth_time_went_back"
    NO_CAMERA_INFO = "camera_info_missing"
    UNUSABLE = "depth_unusable"


@dataclass(frozen=True)
class MissingDepth:
    """That an image is answered without depth; `text` names the thing, the cause, the way out."""

    reason: MissingDepthReason
    text: str


@dataclass(frozen=True)
class DepthTopics:
    """The resolved names of the topics that depth comes from, and what can be amiss with them."""

    depth: str
    camera_info: str

    def depth_not_published(self) -> MissingDepth:
        """Nobody publishes depth, so that waiting is in vain."""
        return MissingDepth(
            MissingDepthReason.NOT_PUBLISHED,
            f"no depth on {self.depth}: nobody publishes it, start its driver or remap depth",
        )

    def camera_info_not_published(self) -> MissingDepth:
        """Nobody publishes the calibration, so that waiting is in vain."""
        return MissingDepth(
            MissingDepthReason.NO_CAMERA_INFO,
            f"camera_info missing: nobody publishes {self.camera_info}, start its driver or remap "
            "camera_info",
        )

    def no_camera_info(self, wait: float) -> MissingDepth:
        """Depth is there, but no calibration came within `wait` seconds."""
        return MissingDepth(
            MissingDepthReason.NO_CAMERA_INFO,
            f"camera_info missing: none came on {self.camera_info} within depth_wait, {wait:g} s, "
            "have the driver publish it with its images",
        )

    def absent(self, wait: float) -> MissingDepth:
        """No depth came at all, for `wait` seconds and before."""
        return MissingDepth(
            MissingDepthReason.ABSENT,
            f"no depth came on {self.depth} within depth_wait, {wait:g} s: check its driver",
        )

    def behind(self, wait: float, gap: int) -> MissingDepth:
        """Depth comes, but within `wait` seconds only older one, by `gap` nanoseconds."""
        return MissingDepth(
            MissingDepthReason.ABSENT,
            f"the newest depth on {self.depth} is {gap / 1e6:.0f} ms older than an image that "
            f"waited depth_wait, {wait:g} s: raise depth_wait, or correct the stamps",
        )

    def late(self, delay: float) -> MissingDepth:
        """No depth came in time; the last that did was `delay` seconds behind its image."""
        return MissingDepth(
            MissingDepthReason.LATE,
            f"depth is {1e3 * delay:.0f} ms late on {self.depth}: raise depth_wait above "
            f"{delay:.2f} s",
        )

    def apart(self, gap: int, tolerance: int) -> MissingDepth:
        """A later depth came and none of the image's time; the nearest is `gap` ns off."""
        return MissingDepth(
            MissingDepthReason.APART,
            f"no depth of an image's time came on {self.depth}, the nearest is {gap / 1e6:.1f} ms "
            f"off and depth_tolerance is {tolerance / 1e6:g} ms: have none lost on the way, "
            "synchronise the cameras, or raise depth_tolerance",
        )

    def crowded(self, maximum: int) -> MissingDepth:
        """More images wait than may."""
        return MissingDepth(
            MissingDepthReason.CROWDED,
            f"more than {maximum} images wait for depth on {self.depth}: lower the images' rate, "
            "or what delays depth",
        )

    def time_went_back(self) -> MissingDepth:
        """The stamps began anew."""
        return MissingDepth(
            MissingDepthReason.TIME_WENT_BACK,
            "the stamps went back in time, so images that waited for depth went on without: "
            "nothing to do after a bag or a simulation began anew",
        )


def unusable(error: HandsegError) -> MissingDepth:
    """Depth or calibration came, and cannot be used."""
    return MissingDepth(MissingDepthReason.UNUSABLE, str(error))
