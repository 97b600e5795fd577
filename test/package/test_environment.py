"""Guards what all other tests stand on: the installed package, the domain, processes that end."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
from pathlib import Path

import handseg_ros.msg
import pytest
from support.processes import running_process

import handseg_ros

ROOT = Path(__file__).resolve().parents[2]


def test_the_installed_package_is_tested() -> None:
    """The source folder lacks the messages, so it must not be what tests import."""
    installed = Path(handseg_ros.__file__).resolve()
    assert installed.is_relative_to(Path(sys.prefix).resolve())
    assert installed.parent != ROOT / "handseg_ros"
    assert Path(handseg_ros.msg.__file__ or "").parent.parent == installed.parent


def test_every_source_file_is_installed_as_it_is() -> None:
    """An edit that was not installed (`make build`) would leave tests running old code."""
    installed = Path(handseg_ros.__file__).resolve().parent
    source = ROOT / "handseg_ros"
    for path in sorted(source.rglob("*.py")):
        assert (installed / path.relative_to(source)).read_text() == path.read_text(), path


def test_discovery_stays_on_this_machine() -> None:
    """DDS must not find anyone outside this test run."""
    assert os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert 1 <= int(os.environ["ROS_DOMAIN_ID"]) <= 101


def test_a_process_gets_the_domain_and_its_output_is_kept() -> None:
    """Nodes started by tests must meet the test on its own domain."""
    script = "import os; print(os.environ['ROS_DOMAIN_ID'], os.environ['EXTRA'])"
    with running_process([sys.executable, "-c", script], env={"EXTRA": "added"}) as process:
        assert process.wait() == 0
        assert process.output().split() == [os.environ["ROS_DOMAIN_ID"], "added"]


def test_a_process_is_ended_by_interrupt_and_tells_its_exit_code() -> None:
    """A process under test ends by the signal a person's Ctrl-C sends."""
    script = (
        "import time\n"
        "try:\n    print('up')\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    raise SystemExit(7)"
    )
    with running_process([sys.executable, "-c", script]) as process:
        process.wait_for_output("up")
        assert process.stop() == 7


def test_a_process_that_dies_silent_does_not_hold_a_test_up() -> None:
    """Waiting for output that will never come ends at once, with what was written instead."""
    with (
        running_process([sys.executable, "-c", "print('something else')"]) as process,
        pytest.raises(TimeoutError, match="something else"),
    ):
        process.wait_for_output("up")
