"""The error for a field of plain data: it names the field, its value and what is allowed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import reprlib
from typing import Any


class InvalidFieldError(ValueError):
    """A field that is missing, unknown or has a value that is not allowed.

    `str()` is half a sentence: field, value and what is allowed. `path` leads to the field, by the
    names and the places in lists.
    """

    def __init__(self, path: tuple[str | int, ...], problem: str, lead: str = "") -> None:
        super().__init__(path, problem, lead)
        self.path, self.problem, self.lead = path, problem, lead

    def __str__(self) -> str:
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        name = "".join(steps).removeprefix(".")
        return f"{self.lead}'{name}' {self.problem}" if name else f"it {self.problem}"

    def below(self, step: str | int) -> InvalidFieldError:
        """Return the same problem as seen from one level further up."""
        return InvalidFieldError((step, *self.path), self.problem, self.lead)


def not_allowed(value: object, allowed: str, *path: str | int) -> InvalidFieldError:
    """Return the error for a field's value; `allowed` goes on after 'must be'."""
    return InvalidFieldError(path, f"is {shown(value)}, but must be {allowed}")


def shown_key(name: Any) -> str:
    """Return a mapping's key as a path names it."""
    return name if isinstance(name, str) and len(name) <= 80 else shown(name)


def shown(value: object) -> str:
    """Return a value in few words, however large it is."""
    short = reprlib.Repr()
    short.maxlevel, short.maxlist, short.maxtuple, short.maxdict = 3, 8, 8, 4
    short.maxstring = short.maxother = short.maxlong = 80
    try:
        return short.repr(value)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number too long to show"
