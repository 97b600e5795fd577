"""Guards the pages for contributors: every file and folder that they name is there."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re

import pytest
from support.checkout import ROOT, tracked_files

FILES = [f"/{path.as_posix()}" for path in tracked_files()]
FOLDERS = {f"/{folder.as_posix()}/" for path in tracked_files() for folder in path.parents}
# What the worked example of a decoder adds, and folders of an installation and of a workspace.
ELSEWHERE = {"handseg_ros/segmentation/decoders/scored_masks.py", "share/handseg_ros/", "src/"}


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_files_and_folders_named_are_there(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.M | re.S)
    named = set(re.findall(r"`([\w./-]+(?:\.(?:py|md|yaml|toml|rst)|/))`", text)) - ELSEWHERE
    assert len(named) > 15
    there = (*FILES, *FOLDERS)
    missing = [name for name in sorted(named) if not any(f.endswith(f"/{name}") for f in there)]
    assert missing == []
