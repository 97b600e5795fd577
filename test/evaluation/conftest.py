"""A painted folder in the layout of rendered scenes."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
from support.painted_scenes import write_scenes


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """Return two finished scenes, three hands and none, and one that is being rendered."""
    return write_scenes(tmp_path)
