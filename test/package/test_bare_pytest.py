"""Guards a contributor's first `pytest`: what lacks a module skips and says how to get it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.training_extra import MODULES, WITHOUT_ROSDEP_KEY, SkipImports

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"


def test_a_file_that_imports_what_is_missing_is_skipped_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, SkipImports(["a_missing_module"])])
    with pytest.raises(pytest.skip.Exception, match=r"a_missing_module .*`make test`"):
        __import__("a_missing_module")
    with pytest.raises(ModuleNotFoundError):
        __import__("another_missing_module")


def test_what_may_be_missing_comes_with_training_or_the_service_alone() -> None:
    names = {"foxglove": "foxglove-sdk", "skimage": "scikit-image"}
    wanted = {names.get(module, module) for module in MODULES}
    assert wanted <= _pinned("train.in") | _pinned("web.in")
    assert not wanted & _pinned("common.in")


@pytest.mark.parametrize("module", WITHOUT_ROSDEP_KEY)
def test_what_rosdep_cannot_install_comes_with_make_build_or_by_pip(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`colcon test` skips for want of it; no test that make runs may."""
    assert module in _pinned("common.in")
    monkeypatch.setattr(sys, "meta_path", [SkipImports([module]), *sys.meta_path])
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{module} .*`pip install {module}`"):
        __import__(module)


def _pinned(file: str) -> set[str]:
    lines = (REQUIREMENTS / file).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0].strip() for line in lines}
