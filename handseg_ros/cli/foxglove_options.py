"""`--foxglove`, and what belongs to it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handseg_ros.cli.camera_options import CameraOptions
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.number_types import port_number
from handseg_ros.cli.usage_error import check_needed

if TYPE_CHECKING:
    from handseg_ros.web.foxglove.server import FoxgloveServer

_DEFAULT_PORT = 8765  # where Foxglove looks


@dataclass(frozen=True)
class FoxgloveOptions:
    """Where Foxglove connects."""

    port: int

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> FoxgloveOptions | None:
        """Return what was parsed, None without `--foxglove`; raises UsageError for a port alone."""
        port: int | None = parsed.foxglove_port
        check_needed("--foxglove", parsed.foxglove, {"--foxglove-port": port is not None})
        return cls(_DEFAULT_PORT if port is None else port) if parsed.foxglove else None

    def server(self, name: str, camera: CameraOptions) -> FoxgloveServer:
        """Return the server, not started; raises HandsegError where it cannot be."""
        module = import_with_extra("handseg_ros.web.foxglove.server", "foxglove", "Foxglove")
        server: FoxgloveServer = module.prepare(
            name, self.port, camera.camera_info_url, camera.depth is not None
        )
        return server


def add_foxglove_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--foxglove", action="store_true", help="serve it to Foxglove too, on this machine alone"
    )
    parser.add_argument(
        "--foxglove-port",
        type=port_number,
        metavar="PORT",
        help=f"where Foxglove connects, 0 for any port that is free (default: {_DEFAULT_PORT})",
    )
