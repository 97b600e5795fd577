"""What commands tell on the way, on standard error."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping


def warn(text: str) -> None:
    """Print a sentence as the program's own."""
    print(f"handseg: {text}", file=sys.stderr)


def report_skipped(skipped: Mapping[str, str], damage: Iterable[str]) -> None:
    """Tell how many images could not be used, the first with its reason, and what is damaged."""
    if skipped:
        name, reason = next(iter(skipped.items()))
        warn(f"{len(skipped)} image(s) could not be used, the first is {name}: {reason}")
    for sentence in damage:
        warn(sentence)
