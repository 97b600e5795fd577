"""Names that fields of training configurations had in former versions.

Configurations of today are refused when they use one; checkpoints keep theirs and are understood.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CROP = {"stretch": "aspect_jitter", "focus": "hand_focus"}
_SAMPLE_SOURCES = {"boxed": "box_supervised", "boxed_close": "box_supervised_close"}
# By the section, in today's names; "" is the file itself.
_FORMER: Mapping[str, Mapping[str, str]] = {
    "": {"batch": "batch_size", "recipe": "mix", "folded": "fold_batch_norm"},
    "schedule": {
        "warm_up": "warmup_steps",
        "fall": "decay_steps",
        "encoder_share": "encoder_lr_multiplier",
        "side_share": "side_lr_multiplier",
        "averaging": "ema_decay",
    },
    "mix": {
        "shares": "weights",
        "cutouts": "cutout_weights",
        "view": "crop",
        "close_view": "close_crop",
    },
    "mix.weights": _SAMPLE_SOURCES,
    "mix.cutout_weights": _SAMPLE_SOURCES,
    "mix.paste": {"cover": "occlusion"},
    "mix.crop": _CROP,
    "mix.close_crop": _CROP,
    "loss": {"region": "dice"},
}


def with_todays_names(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a configuration's plain content in today's names, and which former ones it had.

    The latter are dotted paths, the former one with today's: `recipe.shares` with `mix.weights`.
    """
    former: dict[str, str] = {}
    return _translated(content, "", "", former), former


def _translated(
    content: Mapping[str, Any], section: str, section_then: str, former: dict[str, str]
) -> dict[str, Any]:
    names = _FORMER.get(section, {})
    translated = {}
    for name, value in content.items():
        now = names.get(name, name)
        path, path_then = _below(section, now), _below(section_then, name)
        if now != name:
            former[path_then] = path
        inner = isinstance(value, Mapping)
        translated[now] = _translated(value, path, path_then, former) if inner else value
    return translated


def _below(section: str, name: object) -> str:
    return f"{section}.{name}" if section else str(name)
