"""Guards what programs import: these names and no others, light to import, with their types."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import handseg_ros
from handseg_ros import depth

# A name that goes or changes its meaning is an entry in CHANGELOG.rst and a release with a warning
# before: see CONTRIBUTING.md.
PUBLIC = [
    "BackgroundError", "Box", "CalibrationError", "DepthError", "Hand", "HandsegError",
    "ImageError", "ModelDescription", "ModelError", "ModelOptions", "ObjectRegion", "OverlayMode",
    "Palette", "Segmentation", "Segmenter", "Side", "Thresholds", "Timings", "Tracker",
    "__version__", "draw_overlay", "from_json", "to_json",
]  # fmt: skip
IN_METRES = [
    "Camera", "DepthImage", "View", "keep_out", "measure_hands", "points", "without_hands",
]  # fmt: skip
HEAVY = {"cv2", "numpy", "onnxruntime", "rclpy", "scipy", "torch", "yaml"}
PROGRAM = """
import numpy as np

from handseg_ros import Hand, ModelOptions, OverlayMode, Segmentation, Segmenter, Tracker
from handseg_ros import draw_overlay, from_json, to_json

segmenter: Segmenter = Segmenter.load(ModelOptions("hands", threads=2))
picture = np.zeros((48, 64, 3), np.uint8)
found: Segmentation = Tracker().follow(segmenter.segment(picture), 0.0)
hands: tuple[Hand, ...] = from_json(to_json(found)).hands
drawn: np.ndarray = draw_overlay(picture, found, OverlayMode.INSTANCES)
"""


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd="/", capture_output=True, text=True, check=False
    )


def test_these_names_are_public_and_no_others() -> None:
    assert handseg_ros.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(handseg_ros))
    assert depth.__all__ == IN_METRES


@pytest.mark.parametrize("name", PUBLIC)
def test_each_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(handseg_ros, name)
    assert name.startswith("__") or (value.__name__ == name and value.__doc__)


def test_other_names_are_missing_as_anywhere() -> None:
    with pytest.raises(AttributeError, match="'handseg_ros' has no attribute 'Segmentor'"):
        _ = handseg_ros.Segmentor  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_heavy() -> None:
    done = _python("-c", "import sys, handseg_ros; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())


def test_a_name_is_loaded_when_it_is_used() -> None:
    done = _python("-c", "import sys; from handseg_ros import HandsegError; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert "handseg_ros.segmentation.errors" in loaded
    assert not HEAVY & loaded


def test_the_types_are_installed() -> None:
    assert resources.files("handseg_ros").joinpath("py.typed").is_file()


@pytest.mark.slow
def test_a_program_of_ours_passes_mypy_s_strict_check(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    cache = ["--cache-dir", str(tmp_path / "cache"), "--config-file", "/dev/null"]
    done = _python("-m", "mypy", "--strict", "--follow-imports=silent", *cache, str(script))
    assert done.returncode == 0, done.stdout + done.stderr
    script.write_text("from handseg_ros import Segmentor\n")
    done = _python("-m", "mypy", "--strict", "--follow-imports=silent", *cache, str(script))
    assert 'has no attribute "Segmentor"' in done.stdout
