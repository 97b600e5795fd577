"""The file that a training starts from: named, published by torchvision, or of an earlier run."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

import torch

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.networks.published_weights import PUBLISHED, TrainedOn
from handseg_ros.training.run_record import RUN
from handseg_ros.training.trainer import BEST, CHECKPOINT

LAST = "last"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class InitialWeights:
    """A file of weights; `told` says of a run where they came from."""

    file: Path
    told: str


def find_initial_weights(config: TrainingConfig, out: Path) -> InitialWeights | None:
    """Return what a run in the folder `out` starts from, None for what `TrainingTask.build` gives.

    `initial_weights` is `coco` or `imagenet` for a file of torchvision's in `weights_folder` or in
    torch's own folder of downloads; `last` for the newest run of this network in the folders beside
    `out`; else a file, or the folder of a run. Of a run the best weights are taken, else those of
    its last step. Raises ModelError, which names the file that is wanted and where; nothing is
    downloaded.
    """
    asked = config.initial_weights
    if not asked:
        return None
    name = config.task().name
    if asked in get_args(TrainedOn):
        file = _published(name, cast(TrainedOn, asked), config.weights_folder)
    elif asked == LAST:
        file = _last(name, out)
    else:
        file = _of_run(Path(asked)) if Path(asked).is_dir() else Path(asked)
    return InitialWeights(file, f"{asked}: {file.name}, sha256 {_sha256(file)}")


def _published(name: str, trained_on: TrainedOn, folder: str) -> Path:
    published = PUBLISHED.get(name, {})
    wanted = published.get(trained_on, ())
    if not wanted:
        others = f"'{', '.join(published)}', " if published else ""
        raise ModelError(
            f"torchvision has published no weights of '{name}' trained on {trained_on}: give "
            f"{others}'{LAST}' or a file as initial_weights, or leave it out"
        )
    folders = [Path(torch.hub.get_dir()) / "checkpoints"]
    if folder:
        folders.insert(0, Path(folder))
    for place in folders:
        for file in wanted:
            if (place / file).is_file():
                return place / file
    names = " or ".join(f"'{file}'" for file in wanted)
    places = " nor ".join(f"in '{place}'" for place in folders)
    raise ModelError(
        f"torchvision's weights of '{name}' trained on {trained_on}, a file {names}, are not "
        f"{places}: put it into one of these, or name its folder as weights_folder "
        "(--weights-folder); nothing is downloaded"
    )


def _last(name: str, out: Path) -> Path:
    """Return the weights of the newest run of a network in the folders beside another run's."""
    beside = out.resolve().parent
    runs = [run for run in _runs_in(beside, name) if run != out.resolve()]
    if not runs:
        raise ModelError(
            f"'{beside}' has no run of '{name}' with a checkpoint to begin with: name its folder "
            "or file in place of 'last'"
        )
    return _of_run(max(runs, key=lambda run: (run / CHECKPOINT).stat().st_mtime_ns))


def _runs_in(folder: Path, name: str) -> Iterator[Path]:
    for record in folder.glob(f"*/{RUN}"):
        try:
            config = json.loads(record.read_bytes())["config"]
            is_same = config["network"]["name"] == name
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if is_same and (record.parent / CHECKPOINT).is_file():
            yield record.parent


def _of_run(run: Path) -> Path:
    file = next((run / file for file in (BEST, CHECKPOINT) if (run / file).is_file()), None)
    if file is None:
        raise ModelError(
            f"'{run}' has neither {BEST} nor {CHECKPOINT} to begin with: give the folder of a run "
            "that has taken some steps, or a file"
        )
    return file


def _sha256(file: Path) -> str:
    whole = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                whole.update(block)
    except OSError as error:
        raise ModelError(
            f"weights {file} cannot be read: {error.strerror or error}; give an existing file as "
            "initial_weights"
        ) from error
    return whole.hexdigest()
