"""Plain data, as YAML and JSON hold it, checked against the type hints of dataclasses.

Understood are str, int, float, bool, enums, `Literal`, `X | Y`, `list`, `tuple`, `Mapping`,
dataclasses, and `Annotated` with `Range` or `NotEmpty`. What has only one sensible reading is taken
for it: 1.0 or '1e-3' for a number, a number for a text, 0 and 1 for a truth value. Numbers are
finite.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import contextlib
import enum
import json
import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from handseg_ros.segmentation.invalid_field import (
    InvalidFieldError,
    not_allowed,
    shown,
    shown_key,
)

T = TypeVar("T")
_Check = Callable[[Any], Any]


@dataclass(frozen=True)
class Range:
    """Limits of a number, both included; `above` is a lower limit that is not."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    @property
    def text(self) -> str:
        """What is allowed, to stand after 'a number'."""
        if self.above is not None:
            return f" greater than {self.above:g}"
        if self.maximum is None:
            return "" if self.minimum is None else f" of at least {self.minimum:g}"
        return f" from {self.minimum:g} to {self.maximum:g}"

    def holds(self, number: float) -> bool:
        """Return whether a number is inside."""
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
            and (self.above is None or number > self.above)
        )


@dataclass(frozen=True)
class NotEmpty:
    """A text, list or mapping that has something in it."""


class StrictFields:
    """Base of dataclasses whose fields are checked whoever builds them, and taken in their types.

    A mapping that is read as one must have no other keys. A value that is not allowed raises
    InvalidFieldError, a ValueError.
    """

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, check in _field_checks(kind).items():
            object.__setattr__(self, name, _at(name, check, getattr(self, name)))


def read_as(kind: type[T], value: object) -> T:
    """Return plain data as `kind`, a dataclass; raises InvalidFieldError.

    Keys that it has no field for are left aside, unless it has `StrictFields`.
    """
    hint: Any = kind
    result: T = _check_of(hint)(value)
    return result


def read_json_as(kind: type[T], text: bytes | str) -> T:
    """Return a JSON text as `kind`, a dataclass; raises ValueError for any other text."""
    try:
        plain = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is no JSON: lists are too deep inside each other") from error
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from error
    return read_as(kind, plain)


def as_plain(value: Any) -> Any:
    """Return a dataclass as plain data, its tuples as lists and its enums as their values."""
    if is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    return value.value if isinstance(value, enum.Enum) else value


def as_json(value: Any) -> bytes:
    """Return a dataclass as one line of JSON, always the same for the same value.

    Raises ValueError for a number that is not finite.
    """
    plain = as_plain(value)
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")  # JSON's own way to write half a character


@cache
def _field_checks(kind: Any) -> dict[str, _Check]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _check_of(hints[field.name]) for field in fields(kind)}


@cache
def _check_of(hint: Any) -> _Check:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return _one_of(arguments)
    if origin in (Union, types.UnionType):
        return _any_of(arguments)
    if origin is tuple and Ellipsis not in arguments:
        return _tuple_of(tuple(_check_of(argument) for argument in arguments))
    if origin in (list, tuple):
        return _items(origin, _check_of(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(_check_of(arguments[0]), _check_of(arguments[1]))
    if is_dataclass(hint):
        return _dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _member_of(hint)
    return _PLAIN[hint]


def _annotated(hint: Any, extras: tuple[Any, ...]) -> _Check:
    (extra,) = extras
    if isinstance(extra, Range):
        return _number(hint, extra)
    inner = _check_of(hint)

    def check(value: Any) -> Any:
        checked = inner(value)
        if len(checked) == 0:
            raise not_allowed(value, "a text that is not empty" if hint is str else "not empty")
        return checked

    return check


def _number(kind: type, limits: Range) -> _Check:
    allowed = f"{'a whole number' if kind is int else 'a number'}{limits.text}"
    is_free = limits == Range()

    def check(value: Any) -> Any:
        if is_free and type(value) is float is kind and math.isfinite(value):
            return value
        try:
            number = _as_number(value)
            taken = kind(number)
        except (ValueError, OverflowError):
            raise not_allowed(value, allowed) from None
        if not limits.holds(number) or (kind is int and taken != number):
            raise not_allowed(value, allowed)
        return taken

    return check


def _as_number(value: Any) -> float | int:
    # bool is a kind of int in Python, and no number to people.
    if isinstance(value, bool) or not isinstance(value, (Real, str)):
        raise ValueError
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)  # exact, however long it is
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with contextlib.suppress(ValueError):  # Python writes no integer of over 4300 digits
            return str(value)
    raise not_allowed(value, "a text")


def _truth(value: Any) -> bool:
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    raise not_allowed(value, "true or false")


def _nothing(value: Any) -> None:
    if value is not None:
        raise not_allowed(value, "left out")


_PLAIN: Mapping[Any, _Check] = {
    str: _text,
    int: _number(int, Range()),
    float: _number(float, Range()),
    bool: _truth,
    type(None): _nothing,
    Any: lambda value: value,
}


def _one_of(values: tuple[Any, ...]) -> _Check:
    *first, last = (repr(value) for value in values)
    allowed = f"{', '.join(first)} or {last}" if first else last

    def check(value: Any) -> Any:
        if not isinstance(value, str) or value not in values:
            raise not_allowed(value, allowed)
        return value

    return check


def _any_of(hints: tuple[Any, ...]) -> _Check:
    """Read a value as its own type where that is one of them, else as the first that fits."""
    checks = [(hint, _check_of(hint)) for hint in hints if hint is not type(None)]
    is_optional = type(None) in hints

    def check(value: Any) -> Any:
        if value is None and is_optional:
            return None
        errors = []
        for _, one in sorted(checks, key=lambda pair: pair[0] is not type(value)):
            try:
                return one(value)
            except InvalidFieldError as error:
                errors.append(error)
        # What got furthest is what was meant.
        raise max(errors, key=lambda error: len(error.path))

    return check


def _at(step: str | int, check: _Check, value: Any) -> Any:
    try:
        return check(value)
    except InvalidFieldError as error:
        raise error.below(step) from None


def _items(kind: Callable[[list[Any]], Any], item: _Check) -> _Check:
    def check(value: Any) -> Any:
        given = _as_list(value, "a list")
        taken: list[Any] = []
        try:  # once for all, as polygons have a million numbers
            for one in given:
                taken.append(item(one))
        except InvalidFieldError as error:
            raise error.below(len(taken)) from None
        return kind(taken)

    return check


def _tuple_of(items: tuple[_Check, ...]) -> _Check:
    allowed = f"a list of {len(items)}"

    def check(value: Any) -> tuple[Any, ...]:
        given = _as_list(value, allowed)
        if len(given) != len(items):
            raise not_allowed(value, allowed)
        return tuple(_at(index, items[index], one) for index, one in enumerate(given))

    return check


def _as_list(value: Any, allowed: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise not_allowed(value, allowed)
    return value


def _mapping(key: _Check, item: _Check) -> _Check:
    def check(value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise not_allowed(value, "a mapping")
        return {
            _at(shown_key(name), key, name): _at(shown_key(name), item, one)
            for name, one in value.items()
        }

    return check


def _member_of(kind: type[enum.Enum]) -> _Check:
    allowed = f"one of {', '.join(str(member.value) for member in kind)}"

    def check(value: Any) -> enum.Enum:
        try:
            return kind(value)
        except ValueError:
            raise not_allowed(value, allowed) from None

    return check


def _dataclass(kind: Any) -> _Check:
    own: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}
    is_strict = issubclass(kind, StrictFields)

    def check(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, Mapping):
            raise not_allowed(value, "a mapping")
        if is_strict:
            _refuse_others(value, own)
        return kind(**dict(_taken(kind, own, value)))

    return check


def _refuse_others(value: Mapping[Any, Any], own: Mapping[str, Field[Any]]) -> None:
    for name, given in value.items():
        if name not in own:
            problem = f"is unknown: its value is {shown(given)}"
            raise InvalidFieldError((shown_key(name),), problem, "the field ")


def _taken(
    kind: Any, own: Mapping[str, Field[Any]], value: Mapping[Any, Any]
) -> Iterator[tuple[str, Any]]:
    for name, check in _field_checks(kind).items():
        if name in value:
            yield name, _at(name, check, value[name])
        elif own[name].default is MISSING and own[name].default_factory is MISSING:
            raise InvalidFieldError((name,), "is missing", "the field ")
