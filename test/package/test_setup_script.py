"""Guards what setup.py hands to CMake, where nobody activated the environment that builds."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from support.checkout import ROOT


def test_cmake_and_ninja_are_found_beside_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make build` on a machine that has neither."""
    monkeypatch.setattr(sys, "argv", ["setup.py", "--version"])
    monkeypatch.chdir(ROOT)
    script = runpy.run_path("setup.py")
    monkeypatch.setenv("PATH", "/nowhere")
    path = script["build_environment"](Path("/prefix"))["PATH"]
    assert path.split(os.pathsep)[0] == "/nowhere"
    for program in ("cmake", "ninja"):
        assert shutil.which(program, path=path) == f"{sys.prefix}/bin/{program}"
