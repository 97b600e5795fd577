"""The real segmentation node in a process of its own."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager

from support.processes import RunningProcess, running_process

NODE_MODULE = "handseg_ros.nodes.hand_segmentation_node"


def start_node(
    *parameters: str,
    remappings: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
) -> AbstractContextManager[RunningProcess]:
    """Start the node with parameters and remappings, each given as name:=value.

    `env` comes on top of the test's own environment.
    """
    command = [sys.executable, "-m", NODE_MODULE, "--ros-args"]
    for parameter in parameters:
        command += ["-p", parameter]
    for remapping in remappings:
        command += ["-r", remapping]
    return running_process(command, env)
