"""Guards paths as people write them: the home folder's sign, and names that begin with it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest

from handseg_ros.segmentation.user_path import user_path


def test_the_home_folder_stands_for_its_sign_unless_a_file_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    monkeypatch.chdir(tmp_path)
    assert user_path("~/a.png") == Path("/somebody/a.png")
    assert user_path("a/~/b.png") == Path("a/~/b.png")
    assert user_path("~nobody-of-this-name.jpg") == Path("~nobody-of-this-name.jpg")
    (tmp_path / "~lock.jpg").touch()
    assert user_path("./~lock.jpg") == Path("~lock.jpg")
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "c.png").touch()
    assert user_path("~/c.png") == Path("~/c.png")
