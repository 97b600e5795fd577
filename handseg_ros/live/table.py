"""The figures of a live evaluation as words: what each is called, means, and comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handseg_ros.live.figures import LiveFigures, Spread


@dataclass(frozen=True)
class LiveFigure:
    """A figure's title and meaning, and its value as text."""

    title: str
    meaning: str
    text: Callable[[LiveFigures], str]


@dataclass(frozen=True)
class Row:
    """One figure with its text for each model."""

    title: str
    meaning: str
    cells: tuple[str, ...]


def _spread(of: Callable[[LiveFigures], Spread]) -> Callable[[LiveFigures], str]:
    def text(figures: LiveFigures) -> str:
        spread = of(figures)
        if spread.median is None:
            return "no answer"
        return (
            f"median {spread.median:.1f} ms, 90 % below {spread.p90:.1f}, 99 % below "
            f"{spread.p99:.1f}, largest {spread.largest:.1f}"
        )

    return text


def _share(count: int, images: int) -> str:
    return f"{count} ({count / images:.1%})" if images else str(count)


def _rate(figures: LiveFigures) -> str:
    return "unknown" if figures.rate is None else f"{figures.rate:.1f} Hz"


FIGURES = (
    LiveFigure("images", "Images of the bag that were sent", lambda item: str(item.images)),
    LiveFigure(
        "answered",
        "Images that were answered, with an answer of the image's own stamp",
        lambda item: _share(item.answered, item.images),
    ),
    LiveFigure(
        "dropped",
        "Images that were not: a newer one took their place, or they could not be used",
        lambda item: _share(item.dropped, item.images),
    ),
    LiveFigure(
        "answers of unknown stamp",
        "Answers whose stamp is no image's; there must be none",
        lambda item: str(item.strangers),
    ),
    LiveFigure("rate", "Answers a second, between the first and the last", _rate),
    LiveFigure(
        "latency",
        "From an image's sending to its answer's publication, by the middleware's own time of it",
        _spread(lambda item: item.latency),
    ),
    LiveFigure(
        "age at publication",
        "How old an image is, by its stamp and the bag's clock, when its answer is published",
        _spread(lambda item: item.age),
    ),
    LiveFigure(
        "sent too late by",
        "How far this computer fell behind the bag at most: where it is much, the rest says little",
        lambda item: f"{item.late:.1f} ms",
    ),
    LiveFigure(
        "of a stamp seen before",
        "Images whose stamp another had; they are counted as dropped",
        lambda item: str(item.repeated),
    ),
    LiveFigure(
        "not readable",
        "Messages that are no image; they are not sent",
        lambda item: str(item.unreadable),
    ),
)


def rows_of(figures: Sequence[LiveFigures]) -> tuple[Row, ...]:
    """Return all figures with their texts, a cell for each model's."""
    return tuple(
        Row(item.title, item.meaning, tuple(item.text(own) for own in figures)) for item in FIGURES
    )
