"""How `run` and `evaluate` choose and load a model: options that both have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.errors import BackgroundError
from handseg_ros.segmentation.providers import AUTO, PROVIDERS
from handseg_ros.segmentation.segmenter import Segmenter


def add_loading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options on how a model is run and what it is given beside frames."""
    parser.add_argument("--provider", default=AUTO, choices=[AUTO, *PROVIDERS])
    parser.add_argument(
        "--require-provider",
        action="store_true",
        help="fail where the provider does not run; else the CPU does, with a warning",
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument(
        "--background",
        metavar="PICTURE",
        type=Path,
        help="the same view without hands, for a model that compares each frame with it",
    )


def load_model(
    model: str, options: argparse.Namespace, width: int = 0, height: int = 0
) -> Segmenter:
    """Load a model as the options say, and warn where another provider runs.

    `width` and `height` are the network's input, 0 for the model's own. Raises ModelError. A
    background is still to be given, by `with_background`.
    """
    segmenter = Segmenter.load(
        model,
        provider=options.provider,
        require_provider=options.require_provider,
        threads=options.threads,
        input_width=width,
        input_height=height,
    )
    if warning := segmenter.session.running.warning:
        print(f"handseg: {warning}", file=sys.stderr)
    return segmenter


def with_background(segmenter: Segmenter, file: Path | None) -> Segmenter:
    """Return a model with the background of `--background`.

    Raises BackgroundError for a model that takes none, and for one that was given none.
    """
    if file is not None:
        return segmenter.with_background(read_picture(file))
    if segmenter.takes_background:
        raise BackgroundError(
            f"model '{segmenter.description.title}' compares each frame with a background: give "
            "it one with --background PICTURE, the same view without hands"
        )
    return segmenter
