"""`scores.json`: all figures, the same bytes for the same answers: no times, paths or dates."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from typing import Any

from handseg_ros.evaluation.metrics import bootstrap, precision_accumulator
from handseg_ros.evaluation.metrics.bootstrap import Interval
from handseg_ros.evaluation.metrics.results import Difference, Estimate, GroupResult, Results
from handseg_ros.evaluation.report.subject import Subject

# More than a figure can tell; beyond them sums may differ by the order of addition.
_PLACES = 6


def scores_text(subject: Subject, results: Results) -> str:
    """Return the file's text."""
    counts = results.counts
    content = {
        "format": 1,
        "set": {
            "title": subject.title,
            "answered": counts.answered,
            "labelled": counts.labelled,
            "with_hands": counts.with_hands,
            "hand_free": counts.hand_free,
            "sequences": counts.sequences,
            "skipped": [{"name": item.name, "reason": item.reason} for item in subject.skipped],
        },
        "warnings": list(subject.warnings),
        "notes": list(subject.notes),
        "models": [
            {"label": label, "name": model.name, "version": model.version, "sha256": model.sha256}
            for label, model in zip(subject.labels, subject.models, strict=True)
        ],
        "intervals": {
            "method": "percentile bootstrap over sequences",
            "level": bootstrap.LEVEL,
            "resamples": bootstrap.RESAMPLES,
            "resamples_of_ap": precision_accumulator.RESAMPLES,
            "why_none": results.why_no_interval or None,
            "why_no_p": results.why_no_p_value or None,
        },
        "groups": {name: _group(subject, group) for name, group in results.groups.items()},
        "frames": [
            {"name": item.name, "iou": [_rounded(value) for value in item.ious]}
            for item in results.frames
        ],
        "hand_free_frames": [
            {"name": item.name, "marked": [_rounded(value) for value in item.shares]}
            for item in results.marked
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _group(subject: Subject, group: GroupResult) -> dict[str, Any]:
    figures = {
        label: {
            name: _estimate(values[index])
            for name, values in group.figures.items()
            if values[index] is not None
        }
        for index, label in enumerate(subject.labels)
    }
    first, *others = subject.labels
    differences = [
        {
            "model": label,
            "minus": first,
            "figures": {
                name: _difference(values[index])
                for name, values in group.differences.items()
                if values[index] is not None
            },
        }
        for index, label in enumerate(others)
    ]
    return {
        "frames": group.frames,
        "sequences": group.sequences,
        "figures": figures,
        "differences": differences,
    }


def _estimate(item: Estimate | None) -> dict[str, Any] | None:
    return None if item is None else {"value": _rounded(item.value), **_interval(item.interval)}


def _difference(item: Difference | None) -> dict[str, Any] | None:
    if item is None:
        return None
    p_value = None if item.p_value is None else _rounded(item.p_value)
    return {"value": _rounded(item.value), **_interval(item.interval), "p": p_value}


def _interval(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"low": None, "high": None}
    return {"low": _rounded(interval.low), "high": _rounded(interval.high)}


def _rounded(value: float) -> float:
    # Adding 0 turns a negative zero into a plain one.
    return round(value, _PLACES) + 0.0
