"""The package's own nodes as child processes, ended by their own ids."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_GRACE = 5.0


@contextmanager
def node_process(
    module: str,
    parameters: Mapping[str, str | float | bool],
    log: Path,
    remappings: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node of the package with parameters; its output goes to `log`. Ends it by SIGINT.

    `remappings` are names and what stands for them, `__ns` for the namespace among them.

    It works in the folder of `log`, so that a source checkout around the caller is not imported in
    place of the installed package: paths among the parameters must be absolute.
    """
    command = [sys.executable, "-m", f"handseg_ros.nodes.{module}", "--ros-args"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={_as_yaml(value)}"]
    for name, other in (remappings or {}).items():
        command += ["-r", f"{name}:={other}"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=log.resolve().parent
        )
        try:
            yield process
        finally:
            end_process(process)


def _as_yaml(value: str | float | bool) -> str:
    # Quoted, or a camera's number would reach the node as an integer.
    if not isinstance(value, str):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'"


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a child by SIGINT, or by SIGKILL where it is still there five seconds later."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
