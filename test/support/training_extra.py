"""What `pytest` does where test modules are missing: it skips what wants them and says why.

That is so for a bare `pytest` after `make build`, and for `colcon test` with what rosdep installs.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

# Those of requirements/train.in and web.in that tests import.
MODULES = (
    "torch",
    "torchmetrics",
    "skimage",
    "anny",
    "ray",
    "fastapi",
    "h5py",
    "foxglove",
    "httpx",
    "playwright",
    "schemathesis",
)
# Those of requirements/common.in for which no rosdep key was found.
WITHOUT_ROSDEP_KEY = ("fastjsonschema", "hypothesis", "onnx")


class SkipImports:
    """Skips the test file that imports one of these modules, itself or by what it imports."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise pytest's Skipped for one of the modules; find no other either."""
        if name in self._modules:
            way = f"pip install {name}" if name in WITHOUT_ROSDEP_KEY else "make test"
            reason = f"{name} is not installed: `{way}` does it"
            pytest.skip(reason, allow_module_level=True)
        return None


def skip_what_lacks_them() -> SkipImports:
    """Return what skips files for the modules that this environment lacks, for sys.meta_path."""
    names = (*MODULES, *WITHOUT_ROSDEP_KEY)
    return SkipImports([name for name in names if importlib.util.find_spec(name) is None])


def skip_without_training() -> None:
    """Skip the test file that calls it where torch is not installed, though it imports none."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed: `make test` does it", allow_module_level=True)
