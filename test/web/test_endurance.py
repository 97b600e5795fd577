"""Guards the service against what nobody expects: requests made up by a fuzzer, and very many."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from support.assets import PICTURE, rendered_hands
from support.service import Service, a_service, a_view

_PAGE_KB = 4
_PHASES = (Phase.generate,)  # what is found is told as it was found


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Return a running service."""
    with a_service("--model", "hands_fast") as running:
        yield running


@pytest.fixture(scope="module")
def view() -> Iterator[Service]:
    """Return one that shows something live too."""
    with a_view(str(PICTURE), "--model", "hands_fast") as running:
        yield running


@pytest.mark.parametrize("examples", [8, pytest.param(1000, marks=pytest.mark.nightly)])
def test_no_request_makes_it_fail(view: Service, examples: int) -> None:
    """Whatever is sent: the status is one of the schema's, and the answer is of its form.

    What the schema calls bytes may be no picture, so that a 422 is right for what it allows.
    """
    schema = schemathesis.openapi.from_url(f"{view.url}/openapi.json")
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        strategy = found.ok().as_strategy()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=_PHASES,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        ask()
    assert view.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("few", "many"), [(50, 150), pytest.param(1000, 10_000, marks=pytest.mark.nightly)]
)
def test_memory_stays(service: Service, few: int, many: int) -> None:
    picture = cv2.imencode(".jpg", cv2.resize(rendered_hands(), (160, 120)))[1].tobytes()

    def ask(times: int) -> int:
        for _ in range(times):
            assert service.post(picture).status_code == 200
        return resident_kilobytes(service.process.pid)

    warm = ask(few)
    assert ask(many) - warm < 0.1 * warm


def resident_kilobytes(process: int) -> int:
    """Return the memory that a process holds (proc(5), statm)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * _PAGE_KB
