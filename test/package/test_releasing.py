"""Guards what a release is made of: changelog, addresses and version, as its tools read them."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from catkin_pkg.changelog import Changelog, populate_changelog_from_rst
from catkin_pkg.package import parse_package
from catkin_pkg.package_version import get_forthcoming_label, rename_section
from support.checkout import ROOT

from release.builds import PYTHONS, ReleaseError, interpreter
from release.trials import check_requirements

CHANGELOG = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
PACKAGE = parse_package(str(ROOT / "package.xml"))


# catkin_pkg's own, of its docutils.
@pytest.mark.filterwarnings("ignore:nodes.Node.traverse:DeprecationWarning")
def test_the_changelog_is_read_whole_once_its_section_has_a_version() -> None:
    """As `catkin_prepare_release` names it and bloom reads it, to the last entry."""
    label = get_forthcoming_label(CHANGELOG)
    assert label is not None
    text = rename_section(CHANGELOG, label, f"{PACKAGE.version} (2026-11-27)")
    changelog = Changelog(PACKAGE.name)
    populate_changelog_from_rst(changelog, text)
    version, _, contents = next(iter(changelog.foreach_version()))
    assert version == PACKAGE.version
    section = re.split(r"^[0-9.]+ \(.*\)$", text, flags=re.MULTILINE)[1]
    assert sum(len(content.bullets) for content in contents) == section.count("\n* ")


def test_the_manifest_tells_what_an_index_shows() -> None:
    """Where to read, to get and to report, who wrote it, and how it is built."""
    assert {url.type for url in PACKAGE.urls} == {"website", "repository", "bugtracker"}
    assert PACKAGE.authors
    assert PACKAGE.maintainers
    assert PACKAGE.get_build_type() == "ament_cmake"


@pytest.mark.parametrize(
    ("kind", "label"),
    [("website", "Homepage"), ("repository", "Repository"), ("bugtracker", "Issues")],
)
def test_the_wheel_names_the_manifest_s_addresses(kind: str, label: str) -> None:
    lines = metadata.metadata("handseg_ros").get_all("Project-URL") or []
    named = dict(line.split(", ", 1) for line in lines)
    (url,) = (url.url for url in PACKAGE.urls if url.type == kind)
    assert named[label] == url


@pytest.fixture
def wheel_of_jazzy(tmp_path: Path) -> Path:
    """A wheel that requires Jazzy's rclpy."""
    wheel = tmp_path / "handseg_ros-1.0.0-cp311-cp311-linux_x86_64.whl"
    with ZipFile(wheel, "w") as archive:
        lines = ("Name: handseg_ros", "Requires-Dist: numpy", "Requires-Dist: ros-rclpy~=7.1.0")
        archive.writestr("handseg_ros-1.0.0.dist-info/METADATA", "\n".join(lines))
    return wheel


def test_a_wheel_is_refused_as_another_distribution_s(wheel_of_jazzy: Path) -> None:
    check_requirements(wheel_of_jazzy, "jazzy")
    with pytest.raises(ReleaseError, match=r"requires 'ros-rclpy~=7\.1\.0', but kilted is ~=9\.1"):
        check_requirements(wheel_of_jazzy, "kilted")


def test_wheels_are_for_the_pythons_that_the_package_is_for() -> None:
    lines = metadata.metadata("handseg_ros").get_all("Classifier") or []
    stated = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in lines]
    assert [match[1] for match in stated if match] == list(PYTHONS)


def test_another_python_is_refused_by_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text(f"#!/bin/sh\nprintf '3\\n9\\n{old}\\n'\n")
    old.chmod(0o755)
    with pytest.raises(ReleaseError, match=r"is Python 3\.9: wheels are for 3\.10, "):
        interpreter(str(old))
    with pytest.raises(ReleaseError, match="is no Python that runs"):
        interpreter(str(tmp_path / "missing"))


def test_a_python_that_is_named_is_told_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip's --python takes no name on PATH."""
    (tmp_path / "python3.named").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = interpreter("python3.named")
    assert Path(found.program).is_absolute()
    assert Path(found.program).is_file()
    assert found.version == "{}.{}".format(*sys.version_info)


def test_the_sdist_has_all_that_cmake_installs() -> None:
    """MANIFEST.in names every folder and file that CMakeLists.txt does."""
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    grafted = set(re.findall(r"^(?:graft|include) (.*)$", manifest, re.MULTILINE))
    packed = {name for line in grafted for name in line.split()}
    named = {"handseg_ros", "msg", "srv", "cmake", "CMakeLists.txt", "package.xml"}
    for words in re.findall(r"install\((?:DIRECTORY|FILES) ([^)$]*?)\s+DESTINATION", cmake):
        named |= set(words.split())
    assert {"launch", "models", "assets/rgbd_scene"} <= named
    assert named <= packed
