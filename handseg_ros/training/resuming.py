"""Whether a run may go on: only with the configuration that it was begun with.

These may change, as what was trained so far would have come out the same: the description, which
goes into the model file alone; `weights_folder`, as its weights are in the checkpoint; and the
planned end of the schedule (`steps` and `decay_steps`) as long as the learning rate of every step
that is done stays what it was.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from handseg_ros.segmentation.validation import read_as
from handseg_ros.training.config import ConfigError, Schedule, TrainingConfig
from handseg_ros.training.former_names import with_todays_names

_FREE = ("description", "weights_folder")
_END = ("schedule.steps", "schedule.decay_steps")


def check_resumable(
    saved: Mapping[str, Any], config: TrainingConfig, step: int, folder: Path
) -> None:
    """Refuse to go on with a run whose configuration has changed; raises ConfigError.

    `saved` is the configuration in its checkpoint, as plain data, of this version or a former one;
    `step` counts the steps that are done. The error names each field with both values.
    """
    try:
        begun = read_as(TrainingConfig, with_todays_names(saved)[0])
    except ValueError as error:
        raise ConfigError(
            f"the run in {folder} cannot go on: this version does not understand its own "
            f"configuration ({error}); train into another folder"
        ) from error
    changed = dict(_differences("", begun, config))
    if _same_rates(begun.schedule, config.schedule, step):
        changed = {name: values for name, values in changed.items() if name not in _END}
    if not changed:
        return
    words = "; ".join(
        f"'{name}' was {old!r} and is {new!r}" for name, (old, new) in changed.items()
    )
    start = " (--start takes its exported model)" if changed.keys() & set(_END) else ""
    raise ConfigError(
        f"the run in {folder}, at step {step}, cannot go on with another configuration: {words}; "
        f"change that back or train into another folder{start}"
    )


def _differences(path: str, begun: Any, now: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the dotted names of fields that differ, with both values."""
    for field in fields(begun):
        name = f"{path}.{field.name}" if path else field.name
        old, new = getattr(begun, field.name), getattr(now, field.name)
        if name in _FREE:
            continue
        if is_dataclass(old) and is_dataclass(new):
            yield from _differences(name, old, new)
        elif _ordered(old) != _ordered(new):
            yield name, (old, new)


def _ordered(value: Any) -> Any:
    """The order of weights decides what a seed draws."""
    return list(value.items()) if isinstance(value, Mapping) else value


def _same_rates(begun: Schedule, now: Schedule, steps: int) -> bool:
    """Return whether both schedules tell the same rate for each of the first `steps` steps."""
    return all(begun.lr_factor(step) == now.lr_factor(step) for step in range(steps))
