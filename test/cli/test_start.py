"""Guards how quickly a command starts: what it may never need is not loaded with it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Each takes longer to load than all of this package.
_HEAVY = ("scipy", "torch", "rclpy", "onnx", "rosbags", "pycocotools")


def test_the_command_line_loads_without_the_heavy_ones(tmp_path: Path) -> None:
    program = f"import sys, handseg_ros.cli.main; print(*set({_HEAVY}) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
