"""How many cases a test of faults tries: few in `make test`, many in `make fuzz`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from hypothesis import HealthCheck, settings

NIGHTLY = "nightly"
MORE = 20


def is_nightly() -> bool:
    """Return whether pytest was told to try many cases, with --hypothesis-profile=nightly."""
    return settings.get_current_profile_name() == NIGHTLY


def tries(quick: int, nightly: int) -> int:
    """Return how often to try something."""
    return nightly if is_nightly() else quick


def cases(quick: int) -> settings:
    """Return hypothesis's settings for a test that tries this many cases in `make test`.

    There they are the same in each run, so that a change is judged by its own faults.
    """
    return settings(
        max_examples=tries(quick, MORE * quick),
        derandomize=not is_nightly(),
        database=None,
        deadline=None,
        # A robot lives for a whole module, and real processes take their time.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )
