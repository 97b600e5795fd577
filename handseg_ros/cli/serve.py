"""`handseg serve`: hands for programs that post images over HTTP, and a page."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from handseg_ros.cli.capture_options import PageCaptureOptions, add_page_capture_options
from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.service import add_service_options, serve, service_options
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.web.options import ServiceOptions

_NODE_CLIENT = "handseg_ros.web.ros.node_client"
_EXAMPLES = """examples:
  handseg serve                      hands for programs on this machine, at port 5000
  curl -F image=@photo.jpg http://127.0.0.1:5000/predict
  handseg serve --node /hand_segmentation       its page shows what this node sees
  handseg serve --node /hand_segmentation --capture sets   and stores images of its camera
  handseg serve --host 0.0.0.0 --token "$(cat token.txt)"

docs/rest.md tells what is asked and answered, docs/live-page.md what the page shows."""


@dataclass(frozen=True)
class ServeOptions:
    """What answers, where it is asked, the node that is shown, '' for none, and its capture."""

    inference: InferenceOptions
    service: ServiceOptions
    node: str
    capture: PageCaptureOptions

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ServeOptions:
        """Return what was parsed."""
        return cls(
            InferenceOptions.of(parsed),
            service_options(parsed),
            parsed.node,
            PageCaptureOptions.of(parsed),
        )


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `serve`."""
    parser = commands.add_parser("serve", help="answer posted images over HTTP", epilog=_EXAMPLES)
    add_service_options(parser)
    parser.add_argument(
        "--node",
        default="",
        metavar="NAME",
        help="show this running node on the page: its overlay, health and parameters",
    )
    add_page_capture_options(parser)
    add_model_options(parser)
    parser.set_command(ServeOptions.of, _serve)


def _serve(options: ServeOptions) -> None:
    import_with_extra("handseg_ros.web.app", "web", "the service")
    serve(options.inference, options.service, _live_source(options.node, options.capture))


def _live_source(node: str, capture: PageCaptureOptions) -> AbstractContextManager[Any]:
    """Return a client of the node, or nothing; ROS is imported for it alone."""
    if not node and capture.folder is not None:
        raise UsageError(
            "--capture stores what a node's camera gives: name the node with --node, or give a "
            "camera of your own to handseg view"
        )
    if not node:
        return nullcontext()
    try:
        client = import_module(_NODE_CLIENT)
    except ModuleNotFoundError as error:
        raise HandsegError(
            f"--node needs ROS 2, of which '{error.name}' is not found: source its setup.bash, or "
            "install the package with pip, which brings it"
        ) from error
    source: AbstractContextManager[Any] = client.node_client(node, capture.control())
    return source
