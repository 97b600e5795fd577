"""`handseg serve`: hands for programs that post images over HTTP."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from handseg_ros.cli.command_parser import CommandParser
from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.interrupts import terminating_as_interrupt
from handseg_ros.cli.model_options import InferenceOptions, add_model_options
from handseg_ros.cli.number_types import positive, whole_number
from handseg_ros.cli.reporting import warn
from handseg_ros.web.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_QUEUE_LENGTH,
    DEFAULT_UPLOAD_MEGABYTES,
    ServiceOptions,
)

_LAST_PORT = 65535
_NODE_CLIENT = "handseg_ros.web.ros.node_client"
_EXAMPLES = """examples:
  handseg serve                      hands for programs on this machine, at port 5000
  curl -F image=@photo.jpg http://127.0.0.1:5000/predict
  handseg serve --node /hand_segmentation       its page shows what this node sees
  handseg serve --host 0.0.0.0 --token "$(cat token.txt)"

docs/rest.md tells what is asked and answered, docs/live-page.md what the page shows."""


@dataclass(frozen=True)
class ServeOptions:
    """What answers, and where it is asked."""

    inference: InferenceOptions
    service: ServiceOptions
    node: str

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> ServeOptions:
        """Return what was parsed."""
        service = ServiceOptions(
            parsed.host, parsed.port, parsed.token, parsed.queue, parsed.upload_megabytes
        )
        return cls(InferenceOptions.of(parsed), service, parsed.node)


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the sub-command `serve`."""
    parser = commands.add_parser("serve", help="answer posted images over HTTP", epilog=_EXAMPLES)
    parser.add_argument(
        "--host", default=DEFAULT_HOST, help="the address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=whole_number(0, _LAST_PORT),
        default=DEFAULT_PORT,
        help="the port, 0 for any that is free (default: %(default)s)",
    )
    parser.add_argument(
        "--node",
        default="",
        metavar="NAME",
        help="show this running node on the page: its overlay, health and parameters",
    )
    parser.add_argument("--token", default="", help="answer only who sends this (default: anybody)")
    parser.add_argument(
        "--queue",
        type=positive,
        default=DEFAULT_QUEUE_LENGTH,
        metavar="N",
        help="images that may wait; more are refused with status 429 (default: %(default)s)",
    )
    parser.add_argument(
        "--upload-megabytes",
        type=positive,
        default=DEFAULT_UPLOAD_MEGABYTES,
        metavar="MB",
        help="how large a request may be (default: %(default)s)",
    )
    add_model_options(parser)
    parser.set_command(ServeOptions.of, _serve)


def _serve(options: ServeOptions) -> None:
    app_module = import_with_extra("handseg_ros.web.app", "web", "the service")
    server = import_with_extra("handseg_ros.web.server", "web", "the service")
    service = options.service
    segmenter = options.inference.load()
    thresholds = options.inference.thresholds(segmenter.description.thresholds)
    if not service.is_local and not service.token:
        warn(
            f"whoever reaches {service.host} may use this service, as it listens beyond this "
            "machine and asks for no token: give it one with --token"
        )
    with server.listen(service) as listening, _live_source(options.node) as source:
        title = segmenter.description.title
        print(f"{title} answers at {server.url_of(listening)}, Ctrl-C ends it", flush=True)
        app = app_module.create_app(segmenter, thresholds, service, source)
        with terminating_as_interrupt(), suppress(KeyboardInterrupt):
            server.run(app, listening)


def _live_source(node: str) -> AbstractContextManager[Any]:
    """Return a client of the node, or nothing; ROS is imported for it alone."""
    if not node:
        return nullcontext()
    source: AbstractContextManager[Any] = import_module(_NODE_CLIENT).node_client(node)
    return source
