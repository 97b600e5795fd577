"""Numbers as options take them."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """Return a whole number of 1 or more; raises argparse.ArgumentTypeError or ValueError."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
