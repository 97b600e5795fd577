"""What the command lines of scoring share: which model, at which input size."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter


def model_parser(module: str) -> argparse.ArgumentParser:
    """Return a parser that takes a model, its input size and its threads."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("model", help="a name from the package's models, or an ONNX file")
    parser.add_argument("--width", type=int, default=0, help="network input, 0 for the model's own")
    parser.add_argument("--height", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    return parser


def load_segmenter(options: argparse.Namespace) -> Segmenter:
    """Return the segmenter that was asked for; raises ModelError."""
    chosen = ModelOptions(
        model=options.model,
        threads=options.threads,
        input_width=options.width,
        input_height=options.height,
    )
    return Segmenter.load(chosen)


def print_scores(measure: Callable[[], Mapping[str, float]]) -> int:
    """Print what `measure` gives, or why it cannot, and return the exit code."""
    try:
        scores = measure()
    except HandsegError as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")
    return 0
