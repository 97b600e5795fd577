"""What commands share that serve over HTTP: where they listen, to whom, and how they run."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, suppress
from typing import Any

from handseg_ros.cli.extra_module import import_with_extra
from handseg_ros.cli.interrupts import terminating_as_interrupt
from handseg_ros.cli.model_options import InferenceOptions
from handseg_ros.cli.number_types import port_number, positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.web.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_QUEUE_LENGTH,
    DEFAULT_UPLOAD_MEGABYTES,
    ServiceOptions,
)


def add_service_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where is listened, and how much is taken."""
    parser.add_argument(
        "--host", default=DEFAULT_HOST, help="the address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=DEFAULT_PORT,
        help="the port, 0 for any that is free (default: %(default)s)",
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


def service_options(parsed: argparse.Namespace) -> ServiceOptions:
    """Return what `add_service_options` adds, as parsed; raises UsageError."""
    token: str = parsed.token
    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise UsageError(
            "--token has letters beyond ASCII, lines, or spaces at its ends, which clients do not "
            "send in a header as they stand: take letters without accents, digits and signs"
        )
    return ServiceOptions(parsed.host, parsed.port, token, parsed.queue, parsed.upload_megabytes)


def serve(
    inference: InferenceOptions, service: ServiceOptions, source: AbstractContextManager[Any]
) -> None:
    """Answer posted images, and show the LiveSource that `source` yields, until Ctrl-C."""
    app_module = import_with_extra("handseg_ros.web.app", "web", "the service")
    server = import_with_extra("handseg_ros.web.server", "web", "the service")
    segmenter = inference.load()
    thresholds = inference.thresholds(segmenter.description.thresholds)
    if not service.is_local and not service.token:
        warn(
            f"whoever reaches {service.host} may use this service, as it listens beyond this "
            "machine and asks for no token: give it one with --token"
        )
    with server.listen(service) as listening, source as live:
        title = segmenter.description.title
        print(f"{title} answers at {server.url_of(listening)}, Ctrl-C ends it", flush=True)
        app = app_module.create_app(segmenter, thresholds, service, live)
        with terminating_as_interrupt(), suppress(KeyboardInterrupt):
            server.run(app, listening)
