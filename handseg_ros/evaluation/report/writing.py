"""Writes the report's files: scores.json, timings.json, report.md and report.html."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.metrics.results import Results
from handseg_ros.evaluation.report.charts import make_charts
from handseg_ros.evaluation.report.gallery import make_galleries
from handseg_ros.evaluation.report.pages import rendered, write_texts
from handseg_ros.evaluation.report.scores import scores_text
from handseg_ros.evaluation.report.subject import Subject
from handseg_ros.evaluation.report.timings import Times, times_text
from handseg_ros.evaluation.report.view import make_view
from handseg_ros.evaluation.runner.store import ResultStore

SCORES, TIMINGS, MARKDOWN, HTML = "scores.json", "timings.json", "report.md", "report.html"


def write_report(
    folder: Path,
    subject: Subject,
    results: Results,
    times: Times,
    dataset: Dataset,
    store: ResultStore,
) -> None:
    """Write all files into a folder; raises MediaError when they cannot be written."""
    view = make_view(subject, results)
    html = rendered(
        "report.html.jinja",
        view=view,
        times=times,
        charts=make_charts(subject.labels, results, times),
        galleries=make_galleries(subject.labels, results, dataset, store.records()),
    )
    texts = {
        SCORES: scores_text(subject, results),
        TIMINGS: times_text(subject.labels, times),
        MARKDOWN: rendered("report.md.jinja", view=view),
        HTML: html,
    }
    write_texts(folder, texts)
