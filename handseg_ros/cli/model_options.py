"""The options of commands that run a model, and the model that they choose."""

from __future__ import annotations

import argparse
from pathlib import Path

from handseg_ros.cli.number_types import positive
from handseg_ros.cli.reporting import warn
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import BackgroundError, MediaError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.providers import AUTO, PROVIDERS
from handseg_ros.segmentation.segmenter import Segmenter


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which model runs, on what, and from where on a hand is one."""
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, help="a model's name or path (default: %(default)s)"
    )
    _add_running_options(parser)
    parser.add_argument(
        "--width", type=int, default=0, help="the network's input width (default: the model's)"
    )
    parser.add_argument(
        "--height", type=int, default=0, help="the network's input height (default: the model's)"
    )
    _add_background_option(parser)
    parser.add_argument("--score", type=float, help="least score of a hand (default: the model's)")
    parser.add_argument(
        "--mask", type=float, help="probability from which a pixel is hand (default: the model's)"
    )


def add_models_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which models run, one or more, and on what."""
    parser.add_argument(
        "--model",
        action="append",
        dest="models",
        help="a model's name or path; given again, models are compared with the first "
        f"(default: {DEFAULT_MODEL})",
    )
    _add_running_options(parser)
    _add_background_option(parser)


def _add_running_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--provider", default=AUTO, choices=[AUTO, *PROVIDERS])
    parser.add_argument(
        "--require-provider",
        action="store_true",
        help="fail where the provider does not run; else the CPU does, with a warning",
    )
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads (default: 1)")


def _add_background_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--background",
        metavar="PICTURE",
        type=Path,
        help="the same view without hands, for a model that compares each frame with it",
    )


def models_parameters(options: argparse.Namespace) -> list[dict[str, str | float | bool]]:
    """Return what `add_models_options` chose as the node's parameters, for each model.

    Paths are made absolute.
    """
    background = options.background
    common = {
        "provider": options.provider,
        "require_provider": options.require_provider,
        "threads": options.threads,
        **({} if background is None else {"background_file": str(_absolute(background))}),
    }
    return [{"model": _absolute_model(model), **common} for model in _chosen_models(options)]


def _absolute_model(model: str) -> str:
    """Return a model's name as it is, and its path made absolute."""
    path = Path(model)
    return str(_absolute(path)) if path.suffix or len(path.parts) > 1 else model


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _chosen_models(options: argparse.Namespace) -> list[str]:
    return options.models or [DEFAULT_MODEL]


def load_segmenter(options: argparse.Namespace) -> Segmenter:
    """Return the model that the options choose, with its background where it needs one.

    Raises ModelError, BackgroundError, and for the background's picture MediaError and ImageError.
    """
    segmenter = _load(options.model, options, options.width, options.height)
    return _with_background(segmenter, options.background)


def load_segmenters(options: argparse.Namespace) -> list[Segmenter]:
    """Return the models that `add_models_options` chose, those with a background that need one.

    Raises what `load_segmenter` raises; a background that no model takes is an error too.
    """
    loaded = [_load(model, options) for model in _chosen_models(options)]
    is_taken = any(segmenter.takes_background for segmenter in loaded)
    return [
        _with_background(segmenter, options.background)
        if segmenter.takes_background or not is_taken
        else segmenter
        for segmenter in loaded
    ]


def _load(model: str, options: argparse.Namespace, width: int = 0, height: int = 0) -> Segmenter:
    segmenter = Segmenter.load(
        ModelOptions(
            model=model,
            provider=options.provider,
            require_provider=options.require_provider,
            threads=options.threads,
            input_width=width,
            input_height=height,
        )
    )
    if warning := segmenter.session.loaded.warning:
        warn(warning)
    return segmenter


def _with_background(segmenter: Segmenter, file: Path | None) -> Segmenter:
    if file is not None:
        return segmenter.with_background(read_picture(file))
    if segmenter.takes_background:
        raise BackgroundError(
            f"model '{segmenter.description.title}' compares each frame with a background: give "
            "it one with --background PICTURE, the same view without hands"
        )
    return segmenter


def chosen_thresholds(options: argparse.Namespace, own: Thresholds) -> Thresholds:
    """Return the model's own thresholds with what the options say; raises MediaError."""
    try:
        return Thresholds(
            score=own.score if options.score is None else options.score,
            mask=own.mask if options.mask is None else options.mask,
            minimum_area=own.minimum_area,
        )
    except InvalidFieldError as error:
        raise MediaError(f"the options --score and --mask cannot be used: {error}") from error
