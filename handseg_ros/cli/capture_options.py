"""The options of a capture session, for the commands that lead one."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse

from handseg_ros.capture.session import CaptureOptions
from handseg_ros.cli.number_types import bounded, whole_number

_LONGEST_DELAY, _MOST_FRAMES = 3600.0, 10_000
_DEFAULTS = CaptureOptions()


def add_session_options(parser: argparse.ArgumentParser) -> None:
    """Add the timers of a session, and whether people see themselves as in a mirror."""
    parser.add_argument(
        "-b",
        "--background-delay",
        type=bounded(0.0, _LONGEST_DELAY),
        default=_DEFAULTS.background_delay,
        metavar="SECONDS",
        help="time from Bkg to the background (default: %(default)g)",
    )
    parser.add_argument(
        "-s",
        "--save-delay",
        type=bounded(0.0, _LONGEST_DELAY),
        default=_DEFAULTS.save_delay,
        metavar="SECONDS",
        help="time from Sav to the frame (default: %(default)g)",
    )
    parser.add_argument(
        "--background-frames",
        type=whole_number(1, _MOST_FRAMES),
        default=_DEFAULTS.background_frames,
        metavar="N",
        help="frames of which a background is the mean (default: %(default)s)",
    )
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="show people as in a mirror; what is stored is not mirrored",
    )


def session_options(parsed: argparse.Namespace) -> CaptureOptions:
    """Return what `add_session_options` adds, as parsed."""
    return CaptureOptions(
        background_delay=parsed.background_delay,
        save_delay=parsed.save_delay,
        background_frames=parsed.background_frames,
        is_mirrored=parsed.mirror,
    )
