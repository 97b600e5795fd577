"""Guards the tool that puts ros2 over the wheels: what its folder lacks is told."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.checkout import ROOT

TOOL = ROOT / "test" / "tools" / "ros2_from_sources.py"


def test_a_folder_that_lacks_packages_is_told(tmp_path: Path) -> None:
    (tmp_path / "launch" / "launch").mkdir(parents=True)
    (tmp_path / "launch" / "launch" / "package.xml").touch()
    prefix = tmp_path / "prefix"

    done = subprocess.run(
        [sys.executable, str(TOOL), "--prefix", str(prefix), str(tmp_path), "ros2"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"'{tmp_path}' lacks the packages launch_ros, launch_xml" in done.stderr
    assert "composition_interfaces: clone ros2/launch," in done.stderr
    assert "Traceback" not in done.stderr
    assert not prefix.exists()
