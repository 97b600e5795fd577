"""How many cases a test of faults tries: few in `make test`, many in `make fuzz`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

NIGHTLY = "nightly"
# The issue of a night is twenty times that of a test run, in other cases each time.
MORE = 20

def tries(quick: int, nightly: int) -> int:
    """Return how often to try something, by the profile that pytest was given."""
    return nightly if settings.get_current_profile_name() == NIGHTLY else quick


def cases(quick: int) -> settings:
    """Return hypothesis's settings for a test that tries this many cases in `make test`.

    These are the same in each run, so that a change is judged by its own faults.
    """
    return settings(
        max_examples=tries(quick, MORE * quick),
        derandomize=tries(1, 0) == 1,
        database=None,
        deadline=None,
        # A robot lives for a whole module, and real processes take their time.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )
