"""The application on a socket, until a signal ends it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.web.options import ServiceOptions

# Answers that are under way when a signal comes have so long.
_GRACE_SECONDS = 5
_KEEP_ALIVE_SECONDS = 15
_BACKLOG = 128


def listen(options: ServiceOptions) -> socket.socket:
    """Return a socket that listens where the options say; raises HandsegError."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        listening = socket.create_server(
            (options.host, options.port), family=family, backlog=_BACKLOG
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise HandsegError(
            f"the service cannot listen on {options.host}:{options.port}, {reason}: choose another "
            "address with --host and --port, or end what uses this one"
        ) from error
    # Connections inherit it. asyncio sets it only where a socket names its protocol, and without it
    # each answer waits 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address of a listening socket, as a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(app: FastAPI, listening: socket.socket) -> None:
    """Serve until Ctrl-C or SIGTERM; what is being answered then is answered."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listening])
