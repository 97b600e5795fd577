"""The options of commands that run models, as typed values that load what they choose."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from handseg_ros.cli.number_types import positive
from handseg_ros.cli.reporting import warn
from handseg_ros.cli.usage_error import UsageError
from handseg_ros.media.sources import read_picture
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import BackgroundError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.providers import AUTO, PROVIDERS
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.segmentation.user_path import user_path


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


@dataclass(frozen=True)
class InferenceOptions:
    """One model, its background, and from where on a hand is one: what `add_model_options` adds.

    `background` is None where none is given, `score` and `mask` where the model's own hold.
    """

    model: ModelOptions
    background: Path | None
    score: float | None
    mask: float | None

    @classmethod
    def of(cls, namespace: argparse.Namespace) -> InferenceOptions:
        """Return what was parsed."""
        model = replace(
            _running_options(namespace, namespace.model),
            input_width=namespace.width,
            input_height=namespace.height,
        )
        return cls(model, namespace.background, namespace.score, namespace.mask)

    def absolute(self) -> InferenceOptions:
        """Return the same for a process that runs in another folder."""
        return replace(
            self, model=_made_absolute(self.model), background=_maybe_absolute(self.background)
        )

    def load(self) -> Segmenter:
        """Return the model, with its background where it needs one.

        Raises ModelError, BackgroundError, and for the background's picture MediaError and
        ImageError.
        """
        return _with_background(_load(self.model), self.background)

    def thresholds(self, own: Thresholds) -> Thresholds:
        """Return the model's own thresholds with what the options say; raises UsageError."""
        try:
            return Thresholds(
                score=own.score if self.score is None else self.score,
                mask=own.mask if self.mask is None else self.mask,
                minimum_area=own.minimum_area,
            )
        except InvalidFieldError as error:
            raise UsageError(f"the options --score and --mask cannot be used: {error}") from error


@dataclass(frozen=True)
class ModelsOptions:
    """One model or more, and a background for those that need one: of `add_models_options`."""

    models: tuple[ModelOptions, ...]
    background: Path | None

    @classmethod
    def of(cls, namespace: argparse.Namespace) -> ModelsOptions:
        """Return what was parsed."""
        names = namespace.models or [DEFAULT_MODEL]
        models = tuple(_running_options(namespace, name) for name in names)
        return cls(models, namespace.background)

    def absolute(self) -> ModelsOptions:
        """Return the same for a process that runs in another folder."""
        return ModelsOptions(
            tuple(map(_made_absolute, self.models)), _maybe_absolute(self.background)
        )

    def load(self) -> list[Segmenter]:
        """Return the models, those with a background that need one.

        Raises what `InferenceOptions.load` raises; a background that no model takes is an error
        too.
        """
        loaded = self.load_for_labelled()
        for segmenter in loaded:
            _check_background(segmenter)
        return loaded

    def load_for_labelled(self) -> list[Segmenter]:
        """Return the models for labelled frames, which may have backgrounds of their own."""
        loaded = [_load(model) for model in self.models]
        if self.background is None:
            return loaded
        is_taken = any(segmenter.takes_background for segmenter in loaded)
        picture = read_picture(self.background)
        return [
            segmenter.with_background(picture)
            if segmenter.takes_background or not is_taken
            else segmenter
            for segmenter in loaded
        ]

    def node_parameters(self) -> list[dict[str, str | float | bool]]:
        """Return the node's parameters for each model; paths are made absolute."""
        file = self.background
        background = {} if file is None else {"background_file": str(_absolute(file))}
        return [
            {
                "model": _absolute_model(str(model.model)),
                "provider": model.provider,
                "require_provider": model.require_provider,
                "threads": model.threads,
                **background,
            }
            for model in self.models
        ]


def _running_options(namespace: argparse.Namespace, model: str) -> ModelOptions:
    return ModelOptions(
        model=model,
        provider=namespace.provider,
        require_provider=namespace.require_provider,
        threads=namespace.threads,
    )


def _absolute_model(model: str) -> str:
    """Return a model's name as it is, and its path made absolute."""
    path = Path(model)
    return str(_absolute(path)) if path.suffix or len(path.parts) > 1 else model


def _made_absolute(model: ModelOptions) -> ModelOptions:
    return replace(model, model=_absolute_model(str(model.model)))


def _maybe_absolute(path: Path | None) -> Path | None:
    return None if path is None else _absolute(path)


def _absolute(path: Path) -> Path:
    return user_path(path).absolute()


def _load(model: ModelOptions) -> Segmenter:
    segmenter = Segmenter.load(model)
    if warning := segmenter.session.loaded.warning:
        warn(warning)
    return segmenter


def _with_background(segmenter: Segmenter, file: Path | None) -> Segmenter:
    if file is not None:
        return segmenter.with_background(read_picture(file))
    _check_background(segmenter)
    return segmenter


def _check_background(segmenter: Segmenter) -> None:
    if segmenter.lacks_background:
        raise BackgroundError(
            f"model '{segmenter.description.title}' compares each frame with a background: give "
            "it one with --background PICTURE, the same view without hands"
        )
