"""Guards what a release is made of: changelog, addresses and version, as its tools read them."""

from __future__ import annotations

import re
from importlib import metadata

import pytest
from catkin_pkg.changelog import Changelog, populate_changelog_from_rst
from catkin_pkg.package import parse_package
from catkin_pkg.package_version import get_forthcoming_label, rename_section
from support.checkout import ROOT

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
