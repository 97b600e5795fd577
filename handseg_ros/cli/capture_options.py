"""The options of a capture session, for the commands that lead one, or have a page lead one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handseg_ros.capture.folder import CaptureFolder
from handseg_ros.capture.session import CaptureOptions
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.number_types import bounded, whole_number
from handseg_ros.cli.usage_error import check_needed

if TYPE_CHECKING:
    from handseg_ros.web.live.capture import CaptureControl

_LONGEST_DELAY, _MOST_FRAMES = 3600.0, 10_000
_DEFAULTS = CaptureOptions()
_TIMERS = ("background_delay", "save_delay", "background_frames")
_SESSION = (*_TIMERS, "mirror")


def add_session_options(parser: argparse.ArgumentParser) -> None:
    """Add the timers of a session, and whether people see themselves as in a mirror."""
    parser.add_argument(
        "-b",
        "--background-delay",
        type=bounded(0.0, _LONGEST_DELAY),
        metavar="SECONDS",
        help=f"time from Bkg to the background (default: {_DEFAULTS.background_delay:g})",
    )
    parser.add_argument(
        "-s",
        "--save-delay",
        type=bounded(0.0, _LONGEST_DELAY),
        metavar="SECONDS",
        help=f"time from Sav to the frame (default: {_DEFAULTS.save_delay:g})",
    )
    parser.add_argument(
        "--background-frames",
        type=whole_number(1, _MOST_FRAMES),
        metavar="N",
        help=f"frames of which a background is the mean (default: {_DEFAULTS.background_frames})",
    )
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="show people as in a mirror; what is stored is not mirrored",
    )


def session_options(parsed: argparse.Namespace) -> CaptureOptions:
    """Return what `add_session_options` adds, as parsed."""
    given = {name: getattr(parsed, name) for name in _TIMERS if getattr(parsed, name) is not None}
    return CaptureOptions(**given, is_mirrored=parsed.mirror)


def add_page_capture_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `PageCaptureOptions`."""
    parser.add_argument(
        "--capture",
        type=Path,
        metavar="DIR",
        help="store backgrounds and frames into DIR, by buttons on the page and in the picture, as "
        "handseg capture does",
    )
    add_session_options(parser)


@dataclass(frozen=True)
class PageCaptureOptions:
    """The folder into which the page's buttons store, None for a page without them; its timers."""

    folder: Path | None
    session: CaptureOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> PageCaptureOptions:
        """Return what was parsed; raises UsageError for a session's options without a folder."""
        options = {f"--{name.replace('_', '-')}": getattr(parsed, name) for name in _SESSION}
        check_needed("--capture DIR", parsed.capture is not None, options)
        return cls(parsed.capture, session_options(parsed))

    def control(self) -> CaptureControl | None:
        """Return what the buttons press; raises MediaError for a folder that cannot be written."""
        if self.folder is None:
            return None
        module = import_with_extra("handseg_ros.web.live.capture", "web", "the page")
        control: CaptureControl = module.CaptureControl(CaptureFolder(self.folder), self.session)
        return control
