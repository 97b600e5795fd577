"""The options of commands that run a model, and the model that they choose."""

from __future__ import annotations

import argparse

from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.session import AUTO, PROVIDERS


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which model runs, and on what."""
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="a model's name or path (default: %(default)s)"
    )
    parser.add_argument("--provider", default=AUTO, choices=[AUTO, *PROVIDERS])
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")


def load_segmenter(options: argparse.Namespace) -> Segmenter:
    """Return the model that the options choose; raises ModelError."""
    return Segmenter.load(options.model, provider=options.provider, threads=options.threads)
