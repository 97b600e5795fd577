"""What holds for every test: installed package, own DDS domain, quick tests first."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.training_extra import skip_what_lacks_them

ROOT = Path(__file__).resolve().parents[1]
ORDER = (
    "segmentation",
    "tracking",
    "depth",
    "image_messages",
    "media",
    "bags",
    "datasets",
    "capture",
    "evaluation",
    "model_import",
    "onnx_export",
    "training",
    "networks",
    "cli",
    "package",
    "nodes",
    "faults",
    "latency",
    "web",
    "examples",
    "demo",
    "docs",
)

# A shell's background job ignores SIGINT, and so would the processes that tests end by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The source folder has no messages: a test that imported it would not test what users get.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]


def _own_domain() -> str:
    """Return what ROS_DOMAIN_ID is to be, by the installed package."""
    from handseg_ros.nodes.own_domain import claim_domain

    return str(claim_domain())


# Both must stand before rclpy is imported, and processes that tests start inherit them.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = _own_domain()

WITHOUT_TRAINING = skip_what_lacks_them()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Skip files that want what only training and its tests need, where that is missing."""
    sys.meta_path.append(WITHOUT_TRAINING)
    try:
        return (yield)
    finally:
        sys.meta_path.remove(WITHOUT_TRAINING)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the quick tests first, and the core's before those of what stands on it.

    Workers (pytest-xdist), which take file after file, go the other way round: begun last, a long
    file would keep one of them busy while the others had nothing left to do.
    """
    items.sort(key=_rank)
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if _is_slow(item)}
        items.sort(key=lambda item: (item.path not in slow, -_rank(item)[1], item.path))


def _rank(item: pytest.Item) -> tuple[bool, int]:
    folder = item.path.relative_to(ROOT / "test").parts[0]
    place = ORDER.index(folder) if folder in ORDER else len(ORDER)
    return _is_slow(item), place


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None
