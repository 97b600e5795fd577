"""Guards what a node says where RMW_IMPLEMENTATION names a middleware that is not installed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.processes import running_process

from handseg_ros.nodes.middleware import installed_middleware

INSTALLED = installed_middleware()
MISSING = sorted({"rmw_cyclonedds_cpp", "rmw_zenoh_cpp"} - set(INSTALLED))


@pytest.mark.parametrize(
    "program", ["hand_segmentation_node", "hand_camera_node", "image_source_node"]
)
@pytest.mark.parametrize("middleware", MISSING)
def test_a_missing_middleware_is_told_with_those_that_are_there(
    program: str, middleware: str
) -> None:
    """In place of rcl's line and code 102."""
    node = Path(sys.prefix, "lib", "handseg_ros", program)
    with running_process([node], {"RMW_IMPLEMENTATION": middleware}) as process:
        assert process.wait() == 1
        (line,) = process.output().strip().splitlines()
    assert line.startswith(f"{program}: RMW_IMPLEMENTATION is '{middleware}', which is not")
    assert all(name in line for name in INSTALLED)


def test_a_middleware_that_is_installed_is_used() -> None:
    assert "rmw_fastrtps_cpp" in INSTALLED
    node = Path(sys.prefix, "lib", "handseg_ros", "hand_segmentation_node")
    with running_process([node], {"RMW_IMPLEMENTATION": "rmw_fastrtps_cpp"}) as process:
        process.wait_for_output("models/hands.onnx", timeout=30)
        assert process.stop() == 0, process.output()


@pytest.mark.parametrize("middleware", MISSING)
def test_the_command_line_has_no_need_of_one(middleware: str) -> None:
    command = Path(sys.prefix, "bin", "handseg")
    with running_process([command, "info", "hands"], {"RMW_IMPLEMENTATION": middleware}) as process:
        assert process.wait() == 0, process.output()
