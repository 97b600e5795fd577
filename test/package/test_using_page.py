"""Guards the page on using the hands: its code tells old hands from new ones, its names exist."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from builtin_interfaces.msg import Duration
from handseg_ros.msg import HandInstances
from support.checkout import ROOT

from handseg_ros.nodes import settings
from handseg_ros.nodes.pipeline import segment_service, worker
from handseg_ros.outputs.table import OUTPUTS

PAGE = (ROOT / "docs" / "using-the-hands.md").read_text(encoding="utf-8")
FRESHNESS, *_ = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
NUMBERS = {8: "Eight"}


@pytest.fixture
def freshness() -> Any:
    """Return what the page shows, with a limit of a fifth of a second."""
    names: dict[str, Any] = {}
    exec(FRESHNESS, names)
    return names["Freshness"](limit=0.2)


def _hands(age: float) -> HandInstances:
    seconds, rest = divmod(age, 1.0)
    return HandInstances(input_age=Duration(sec=int(seconds), nanosec=int(1e9 * rest)))


def test_new_hands_are_fresh_until_their_time_is_over(freshness: Any) -> None:
    assert not freshness.is_fresh()
    freshness.take(_hands(0.0))
    assert freshness.is_fresh()
    time.sleep(0.25)
    assert not freshness.is_fresh()


@pytest.mark.parametrize("age", [-0.5, 0.3, 1.7e9])
def test_ages_that_cannot_be_trusted_are_not_fresh(freshness: Any, age: float) -> None:
    freshness.take(_hands(0.0))
    freshness.take(_hands(age))
    assert not freshness.is_fresh()


def test_topics_services_and_parameters_named_exist() -> None:
    known = {output.topic for output in OUTPUTS} | {segment_service.SERVICE}
    named = set(re.findall(r"`(~/[\w/]+)`", PAGE))
    assert named <= known
    assert {"~/detections", segment_service.SERVICE, "~/instances/compressed"} <= named
    parameters = {spec.name for spec in settings.SPECS}
    assert {"repeat_last_period", "stale_timeout"} <= parameters
    assert f"{NUMBERS[worker.MAX_PENDING_REQUESTS]} requests may wait" in PAGE


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
