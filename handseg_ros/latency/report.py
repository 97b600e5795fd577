"""The report of a playback: what a robot would have seen, as HTML, Markdown and JSON."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handseg_ros.evaluation.report.pages import rendered, write_texts
from handseg_ros.latency.charts import make_charts
from handseg_ros.latency.metrics import LatencyMetrics, StreamLog, image_latencies
from handseg_ros.latency.table import rows_of
from handseg_ros.media.atomic_files import not_written
from handseg_ros.segmentation.errors import MediaError

HTML, MARKDOWN, JSON = "latency.html", "latency.md", "latency.json"


@dataclass(frozen=True)
class ModelRun:
    """A bag played to one model: its name and version, and what was seen."""

    label: str
    seen: StreamLog

    @property
    def figures(self) -> LatencyMetrics:
        """Return what it comes to."""
        return LatencyMetrics.of(self.seen)


@dataclass(frozen=True)
class LatencyReport:
    """A bag's name, the topic of its images, how fast it was played, and to which models."""

    title: str
    topic: str
    rate: float
    played: tuple[ModelRun, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the models' names."""
        return tuple(item.label for item in self.played)


@contextmanager
def report_folder(folder: Path) -> Iterator[None]:
    """Make the folder of a report before the work on it, and leave no empty one after an error.

    Raises MediaError where it cannot be made, or holds a report of latency already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON).touch(exist_ok=False)
    except FileExistsError as error:
        raise MediaError(
            f"'{folder}' holds a report of latency, or is no folder: choose another folder"
        ) from error
    except OSError as error:
        raise not_written(folder, error) from error
    try:
        yield
    except BaseException:
        (folder / JSON).unlink(missing_ok=True)
        raise


def write_latency_report(folder: Path, report: LatencyReport) -> None:
    """Write all files into a folder; raises MediaError when they cannot be written."""
    figures = [item.figures for item in report.played]
    content = {"report": report, "rows": rows_of(figures)}
    charts = make_charts(report.labels, [item.seen for item in report.played])
    texts = {
        JSON: _json(report),
        MARKDOWN: rendered("latency.md.jinja", **content),
        HTML: rendered("latency.html.jinja", charts=charts, **content),
    }
    write_texts(folder, texts)


def _json(report: LatencyReport) -> str:
    content = {
        "format": 1,
        "set": {"title": report.title, "topic": report.topic, "rate": report.rate},
        "models": [{"label": item.label, **item.figures.content()} for item in report.played],
        "images": {item.label: _images(item.seen) for item in report.played},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _images(seen: StreamLog) -> list[dict[str, Any]]:
    return [
        {"stamp": answer.stamp, "latency": answer.latency, "age": answer.age}
        for answer in image_latencies(seen)
    ]
