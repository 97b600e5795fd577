"""Guards files that get one more name: a link where there can be one, else a copy, never both."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from handseg_ros.media.linked_files import link_or_copy
from handseg_ros.segmentation.errors import MediaError

OTHER_FILE_SYSTEM = Path("/dev/shm")


def test_it_is_the_same_file_also_through_a_link(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "deep" / "b.jpg"
    source.write_bytes(b"picture")
    symbolic = tmp_path / "link.jpg"
    symbolic.symlink_to(source)
    link_or_copy(symbolic, target)
    assert target.samefile(source)
    assert not target.is_symlink()


def test_a_name_that_is_taken_stays(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    source.write_bytes(b"picture")
    target.write_bytes(b"mine")
    with pytest.raises(MediaError, match=r"b.jpg' cannot be written, File exists"):
        link_or_copy(source, target)
    assert target.read_bytes() == b"mine"


def test_another_file_system_gets_a_copy(tmp_path: Path) -> None:
    if (
        not OTHER_FILE_SYSTEM.is_dir()
        or os.stat(OTHER_FILE_SYSTEM).st_dev == tmp_path.stat().st_dev
    ):
        pytest.skip("wants a second file system")
    source = tmp_path / "a.jpg"
    source.write_bytes(b"picture")
    with tempfile.TemporaryDirectory(dir=OTHER_FILE_SYSTEM) as folder:
        target = Path(folder) / "b.jpg"
        link_or_copy(source, target)
        assert target.read_bytes() == b"picture"
        assert os.listdir(folder) == ["b.jpg"]
