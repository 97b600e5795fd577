"""Writes the report's files: scores.json, timings.json, report.md and report.html."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handseg_ros.evaluation.figures.results import Results
from handseg_ros.evaluation.labelled.frames import LabelledSet
from handseg_ros.evaluation.replay.store import Store
from handseg_ros.evaluation.report.charts import HEIGHT, WIDTH, make_charts
from handseg_ros.evaluation.report.pictures import make_galleries
from handseg_ros.evaluation.report.scores import scores_text
from handseg_ros.evaluation.report.subject import Subject
from handseg_ros.evaluation.report.times import Times, times_text
from handseg_ros.evaluation.report.view import make_view
from handseg_ros.segmentation.errors import HandsegError, MediaError

SCORES, TIMINGS, MARKDOWN, HTML = "scores.json", "timings.json", "report.md", "report.html"
_TEMPLATES = Path(__file__).parent / "templates"


def check_can_write() -> None:
    """Raise HandsegError when jinja2 is missing, which only reports need."""
    _environment()


def write_report(
    folder: Path,
    subject: Subject,
    results: Results,
    times: Times,
    labelled: LabelledSet,
    store: Store,
) -> None:
    """Write all files into a folder; raises MediaError when they cannot be written."""
    view, environment = make_view(subject, results), _environment()
    html = environment.get_template("report.html.jinja").render(
        view=view,
        times=times,
        charts=make_charts(subject.labels, results, times),
        galleries=make_galleries(subject.labels, results, labelled, store.records()),
        size=(WIDTH, HEIGHT),
    )
    texts = {
        SCORES: scores_text(subject, results),
        TIMINGS: times_text(subject.labels, times),
        MARKDOWN: environment.get_template("report.md.jinja").render(view=view),
        HTML: html,
    }
    for name, text in texts.items():
        try:
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise MediaError(
                f"'{folder / name}' cannot be written, {error.strerror}: make space and go on "
                "with --resume"
            ) from error


def _environment() -> Any:
    """Return the templates' environment, in which HTML is escaped and Markdown is not."""
    try:
        import jinja2
    except ImportError as error:
        raise HandsegError(
            f"a report cannot be written without jinja2 ({error}): install it with "
            "pip install 'jinja2>=3.1'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: name is None or ".html" in name,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment


def _markdown_cell(text: str) -> str:
    """Return a text that stays in its cell of a Markdown table, whatever a file is called."""
    flat = " ".join(str(text).split())
    return "".join(f"\\{letter}" if letter in "\\|`*_<>[]" else letter for letter in flat)
