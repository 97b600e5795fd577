"""Guards the Makefile: its words where something is missing, what `render` and `train` run."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.checkout import ROOT

TOOLS = ("make", "sh", "mkdir", "cp", "touch", "find", "sed", "tr", "paste", "grep", "nproc")
# What a make that runs the tests was given (TESTS=…) stands in their environment.
GIVEN = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def make(*words: str, path: str = os.environ["PATH"]) -> tuple[int, str]:
    """The exit code of `make` and what it wrote; a make that runs the tests has no say in it."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith("MAKE") or name in GIVEN)
    }
    own["PATH"] = path
    done = subprocess.run(
        ["make", "-C", str(ROOT), *words],
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def an_old_python(tmp_path: Path) -> Path:
    """A program that answers like a Python that no ROS wheel supports."""
    script = tmp_path / "python3.9"
    version = 'case "$1" in -V) echo Python 3.9.18;; *) exit 1;; esac'
    script.write_text(f"#!/bin/sh\n{version}\n")
    script.chmod(0o755)
    return script


def test_help_names_every_command() -> None:
    """`make` alone changes nothing and says what there is."""
    code, text = make()
    assert code == 0
    for word in (
        "demo",
        "test",
        "test-all",
        "test-colcon",
        "test-wheel",
        "lint",
        "nightly",
        "fuzz",
        "soak",
        "rgbd-scene",
        "bench-node",
        "bench-networks",
        "bench-depth",
        "bench-tracking",
        "bench-evaluate",
        "build",
        "docs",
        "test-ubuntu",
        "ROS_DISTRO=kilted",
        "ROS2_SOURCES=",
        "INPUT=",
    ):
        assert word in text


def test_everything_that_is_checked_is_part_of_make_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Style, types, builds and Ubuntu's versions too: `.ci/run` calls nothing else."""
    monkeypatch.setenv("TESTS", "test/package")  # as `make test TESTS=test/package` has it
    code, text = make("--dry-run", "test")
    assert code == 0, text
    for word in ("ruff check", "ruff format", "bin/mypy"):
        assert word in text
    # All files of tests are, those of the builds too.
    assert re.search(r"bin/pytest test -n \d+ .* -m 'not alone and not nightly'", text), text
    assert "--ignore" not in text
    for word in ("test-ubuntu-22.04", "test-ubuntu-24.04", "-m 'alone and not nightly'"):
        assert word in text


def test_a_browser_is_brought_where_the_system_has_none(tmp_path: Path) -> None:
    """The system's own is taken as it is; in its place comes one by npm, for the tests of pages."""
    own = tmp_path / "chromium"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    asked = ("--dry-run", "test", f"CHROMIUM={tmp_path / 'brought'}")
    tools = str(folder_of_tools(tmp_path / "tools"))
    assert "unpack.cjs" in make(*asked, path=tools)[1]
    assert "unpack.cjs" not in make(*asked, path=f"{tools}:{tmp_path}")[1]


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        ((), "npm was not found: tests of pages in a browser skip"),
        (("npm", "node"), "npm could not bring it: tests of pages in a browser skip"),
    ],
)
def test_without_npm_or_network_no_browser_comes_and_nothing_fails(
    tmp_path: Path, tools: tuple[str, ...], words: str
) -> None:
    if not all(shutil.which(tool) for tool in tools):
        pytest.skip("wants npm")
    brought = tmp_path / "brought"
    settings = ("npm_config_registry=http://127.0.0.1:9", f"npm_config_cache={tmp_path}")
    path = str(folder_of_tools(tmp_path / "tools", *tools))
    code, text = make(f"{brought}/.installed", f"CHROMIUM={brought}", *settings, path=path)
    assert code == 0, text
    assert words in text
    assert not (brought / ".installed").exists()


def folder_of_tools(folder: Path, *more: str) -> Path:
    """Return a folder with what the Makefile calls, and more, but no Chromium."""
    folder.mkdir()
    for name in (*TOOLS, *more):
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return folder


@pytest.mark.parametrize(
    ("words", "environment"), [((), ".venv"), (("ROS_DISTRO=kilted",), ".venv-kilted")]
)
def test_jazzy_is_the_default_and_kilted_has_a_place_beside_it(
    words: tuple[str, ...], environment: str
) -> None:
    _, text = make(*words)
    assert f"install the package into {environment}, nothing else" in text
    assert f"(now: {'kilted' if words else 'jazzy'})" in text


def test_an_unknown_distribution_is_refused_with_the_choice() -> None:
    """A typo must not end in pip's error about a missing file."""
    code, text = make("build", "ROS_DISTRO=foxy")
    assert code != 0
    assert "ROS_DISTRO=foxy is unknown here; choose one of: jazzy kilted" in text


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    """The name that was asked for, and how to name another."""
    code, text = make("build", f"VENV={tmp_path / 'venv'}", "PYTHON=python3.99")
    assert code != 0
    assert "'python3.99' was not found; install Python 3.10 to 3.13" in text


def test_an_old_python_is_refused_with_its_version(tmp_path: Path, an_old_python: Path) -> None:
    """The package and the ROS wheels are for some versions only."""
    code, text = make("build", f"VENV={tmp_path / 'venv'}", f"PYTHON={an_old_python}")
    assert code != 0
    assert "is Python 3.9.18, which handseg_ros does not support" in text
    assert not (tmp_path / "venv").exists()


def test_a_missing_compiler_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    """One sentence, with the way out, instead of CMake's page."""
    words = (f"VENV={tmp_path / 'venv'}", f"PYTHON={sys.executable}", "CXX=no-such-compiler")
    code, text = make("build", *words)
    assert code != 0
    assert "No C and C++ compiler was found; install one" in text
    assert not (tmp_path / "venv").exists()


def test_missing_header_files_are_told_before_anything_is_installed(tmp_path: Path) -> None:
    """As on a Debian with python3-venv and g++, but without python3-dev."""
    python = tmp_path / "python3"
    python.write_text(
        f'#!/bin/sh\ncase "$2" in *Python.h*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    code, text = make("build", f"VENV={tmp_path / 'venv'}", f"PYTHON={python}")
    assert code != 0
    assert "(Python.h) were not found, which compiling messages needs; install them" in text
    assert not (tmp_path / "venv").exists()


@pytest.fixture
def pretended(tmp_path: Path) -> Path:
    """A folder with a space in its name, and environments whose Python writes down its words."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in ("venv", "render", "compare"):
        environment = tmp_path / name
        (environment / "bin").mkdir(parents=True)
        python = environment / "bin" / "python"
        python.write_text(
            f'#!/bin/sh\nprintf "%s|" "$@" >> {tmp_path}/calls\necho >> {tmp_path}/calls\n'
        )
        python.chmod(0o755)
        for stamp in (".created", ".requirements", ".train", ".package"):
            (environment / stamp).touch()
            # Newer than any source, so that nothing is installed.
            os.utime(environment / stamp, (time.time() + 3600,) * 2)
    return folder


def _calls(folder: Path, *words: str) -> list[list[str]]:
    names = {"VENV": "venv", "RENDER": "render", "COMPARE": "compare"}
    environments = (f"{name}={folder.parent / place}" for name, place in names.items())
    code, text = make(*words, *environments, f"DATA={folder}")
    assert code == 0, text
    lines = (folder.parent / "calls").read_text("utf-8").splitlines()
    return [line.split("|")[:-1] for line in lines]


def _after(call: list[str], option: str) -> str:
    return call[call.index(option) + 1]


def test_both_batches_are_rendered_with_skins_where_there_are_any(pretended: Path) -> None:
    skins = pretended / "skins"
    skins.mkdir()
    (skins / "skins.json").touch()
    calls = _calls(pretended, "render", f"RENDERED={pretended}", "SCENES=3")
    programs = [_after(call, "-m").rsplit(".", 1)[-1] for call in calls]
    assert programs == ["poses", "scenes", "poses", "scenes"]
    for call, name in zip(calls[1::2], ("free", "all"), strict=True):
        assert _after(call, "--skins") == str(skins)
        assert _after(call, "--out") == str(pretended / name)
        assert _after(call, "--count") == "3"
    assert calls[1][calls[1].index("--only") + 1 : calls[1].index("--skins")] == ["cards"]


def test_without_skins_the_renderer_makes_its_own(pretended: Path) -> None:
    calls = _calls(pretended, "render", f"RENDERED={pretended}")
    assert not any("--skins" in call for call in calls)


def test_skins_of_the_data_are_prepared_first(pretended: Path) -> None:
    photos = pretended / "makehuman" / "skins"
    photos.mkdir(parents=True)
    first = _calls(pretended, "render", f"RENDERED={pretended}")[0]
    assert _after(first, "-m").endswith("rendering.skins")
    assert _after(first, "--photos") == str(photos)


def _training(folder: Path, *words: str) -> list[list[str]]:
    """Return the calls of `make train` with empty folders of labels."""
    run = folder / "run"
    for name in ("first", "clean", "all"):
        (run / f"labels_{name}").mkdir(parents=True)
    return _calls(folder, "train", f"RENDERED={folder}", f"RUN={run}", *words)


def test_models_are_trained_one_from_the_other(pretended: Path) -> None:
    trained = [call for call in _training(pretended) if call[2] == "train"]
    assert [Path(call[3]).stem for call in trained] == [
        "hands_clean_draft", "hands_clean", "hands_clean", "hands", "hands_fast", "hands_int8",
    ]  # fmt: skip
    for last in trained[-2:]:
        assert _after(last, "--start") == str(pretended / "run" / "sided.onnx")


@pytest.mark.parametrize("taught", [(), ("mine.json", "others.json")])
def test_sides_are_learned_after_the_default_model(
    pretended: Path, taught: tuple[str, ...]
) -> None:
    calls = _training(pretended, f"TAUGHT={' '.join(taught)}")
    (sides,) = [call for call in calls if call[2] == "sides"]
    assert Path(sides[3]).stem == "hands"
    assert _after(sides, "--start") == str(pretended / "run" / "hands.onnx")
    assert tuple(sides[sides.index("--taught") + 1 :] if taught else ()) == taught
    assert ("--taught" in sides) == bool(taught)


def test_the_comparison_has_mediapipe_in_an_environment_of_its_own(pretended: Path) -> None:
    (call,) = _calls(pretended, "compare")
    assert _after(call, "-m") == "compare"
    assert _after(call, "--data") == str(pretended)
    assert _after(call, "--mediapipe") == str(pretended.parent / "compare" / "bin" / "python")


def test_without_mediapipe_the_comparison_leaves_it_out(pretended: Path) -> None:
    """Where pip cannot bring it, or its Python is missing."""
    shutil.rmtree(pretended.parent / "compare")
    (call,) = _calls(pretended, "compare", "PYTHON311=no-such-python")
    assert _after(call, "-m") == "compare"
    assert not (pretended.parent / "compare").exists()
