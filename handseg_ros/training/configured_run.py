"""`handseg train CONFIG.yaml`: a network of the registry, from labelled sets to a model file."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import nn

from handseg_ros.curation.holding_out import hold_out
from handseg_ros.datasets.label_options import LabelOptions
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.training.config import ConfigError, DataConfig, TrainingConfig, load_config
from handseg_ros.training.configured_request import ConfiguredRequest
from handseg_ros.training.initial_weights import InitialWeights, find_initial_weights
from handseg_ros.training.labelled_samples import (
    LabelledSample,
    LabelledSamples,
    PackedSamples,
    own_training_set,
    read_labelled,
)
from handseg_ros.training.model_facts import model_facts
from handseg_ros.training.networks.task import LoadedWeights, TrainingTask
from handseg_ros.training.processes import Processes, training_processes
from handseg_ros.training.run_record import DataRecord, RunRecord, begin_run, recorded_start
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.stopping import Stop
from handseg_ros.training.trainer import CHECKPOINT, Trainer
from handseg_ros.training.validation import Validation

# Enough for the statistics of normalisations that a model file lacks.
_STATISTICS_PICTURES = 8


@dataclass(frozen=True)
class _Data:
    """What is learned from and what watches; no picture is in both."""

    training: tuple[LabelledSample, ...]
    watching: tuple[LabelledSample, ...]
    records: tuple[DataRecord, ...]
    split_by: str
    of_sets: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        """Yield sentences on the data, for people."""
        yield from self.of_sets
        if not any(item.has_hands for item in self.training):
            yield (
                "no picture to learn from has a labelled hand, so what learns from labels learns "
                "that there are none: check them with handseg data stats"
            )
        yield f"{len(self.training)} pictures to learn from, {len(self.watching)} to watch by"


@dataclass(frozen=True)
class Trained:
    """The model file, which the first of several processes alone has; or whether it was stopped."""

    model: Path | None
    is_stopped: bool


def train_from_config(
    request: ConfiguredRequest,
    tell: Callable[[str], None],
    stoppable: Callable[[], AbstractContextManager[Stop]],
) -> Trained:
    """Train what a configuration says, or go on with it; raises HandsegError."""
    config = _configuration(request)
    if config.data is None:
        raise ConfigError(
            f"training configuration {request.config} names no labelled sets: add 'data' with "
            "'train', or train from the package's own sources with python -m handseg_ros.training"
        )
    cv2.setNumThreads(0)
    torch.set_num_threads(request.threads)
    start = _start(config, request.out)
    data = _read(config, config.data, request.labels)
    with training_processes() as processes:
        trainer = _trained(config, request, data, start, tell, stoppable, processes)
        if not trainer.is_done or not processes.is_first:
            return Trained(None, is_stopped=not trainer.is_done)
        return Trained(_export(trainer, config), is_stopped=False)


def _configuration(request: ConfiguredRequest) -> TrainingConfig:
    """Return what is to be trained; options stand in place of the file's fields."""
    config = load_config(request.config)
    given: dict[str, Any] = {
        "initial_weights": request.init,
        "weights_folder": request.weights_folder,
        "schedule": None if request.steps is None else config.schedule.over(request.steps),
        "batch_size": request.batch_size,
    }
    try:
        config = replace(
            config, **{name: value for name, value in given.items() if value is not None}
        )
    except ValueError as error:
        raise ConfigError(
            f"training configuration {request.config} cannot be used with the options that were "
            f"given ({error}): change one of them"
        ) from error
    _check_model_file(config, request.config)
    return config


def _check_model_file(config: TrainingConfig, file: Path) -> None:
    """Raise ConfigError for what the model file could not say: now, and not when all is trained."""
    if not config.name or Path(config.name).name != config.name:
        raise ConfigError(
            f"training configuration {file} has the name '{config.name}', which cannot be that of "
            "the model's file: give one without '/'"
        )
    try:
        config.task().describe(model_facts(config))
    except InvalidFieldError as error:
        raise ConfigError(
            f"training configuration {file} cannot be used ({error.below('description')}): correct "
            "that field"
        ) from error


def _start(config: TrainingConfig, out: Path) -> InitialWeights | None:
    """Return the weights that a network is built with; those of a run that goes on are its own."""
    begun = recorded_start(out)
    checkpoint = out / CHECKPOINT
    if begun and checkpoint.exists():
        return InitialWeights(checkpoint, begun)
    return find_initial_weights(config, out)


def _trained(
    config: TrainingConfig,
    request: ConfiguredRequest,
    data: _Data,
    start: InitialWeights | None,
    tell: Callable[[str], None],
    stoppable: Callable[[], AbstractContextManager[Stop]],
    processes: Processes,
) -> Trainer:
    size = config.height, config.width
    generator = SampleGenerator(own_training_set(data.training), config.mix, size, config.seed)
    _check_backgrounds(config.task(), data)
    network, loaded = _first_network(config, start, generator)
    out = request.out
    if processes.is_first:
        for note in loaded.notes(str(start.file)) if start else ():
            tell(note)
        for note in data.notes():
            tell(note)
        out.mkdir(parents=True, exist_ok=True)
        begin_run(out, _record(config, data, start))
    trainer = Trainer(config, out, network, processes)
    watching = PackedSamples([item.packed for item in data.watching])
    validation = Validation(config.validation, trainer.task, watching, size)
    with stoppable() as stop:
        trainer.train(
            generator, request.workers, is_stopped=lambda: stop.asked, validation=validation
        )
    return trainer


def _check_backgrounds(task: TrainingTask, data: _Data) -> None:
    """Raise MediaError for a picture without the background that the network compares it with.

    So it is told before a training begins, and not by a process that prepares pictures.
    """
    if not task.takes_background:
        return
    lacking = [i for i in (*data.training, *data.watching) if i.packed.background is None]
    if lacking:
        raise MediaError(
            f"{len(lacking)} pictures have no background to compare them with, the first is "
            f"'{lacking[0].key.name}': give '{task.name}' sets whose images name their background "
            "(docs/data.md), or train another network on these"
        )


def _first_network(
    config: TrainingConfig, start: InitialWeights | None, generator: SampleGenerator
) -> tuple[nn.Module | None, LoadedWeights]:
    if start is None:
        return None, LoadedWeights()
    torch.manual_seed(config.seed)
    task = config.task()
    network = task.build()
    samples = [generator.make(number) for number in range(_STATISTICS_PICTURES)]
    return network, task.load(network, start.file, samples)


def _read(config: TrainingConfig, data: DataConfig, labels: LabelOptions) -> _Data:
    def labelled(path: str) -> LabelledSamples:
        return read_labelled(open_dataset(Path(path), label_options=labels), config.kept_side)

    sets = [labelled(path) for path in data.train]
    records = [DataRecord(item.title, "training", len(item.items), item.digest()) for item in sets]
    items = [item for one in sets for item in one.items]
    notes = [note for one in sets for note in one.notes()]
    if data.validation:
        watching = labelled(data.validation)
        records.append(
            DataRecord(watching.title, "validation", len(watching.items), watching.digest())
        )
        notes += watching.notes()
        kept, doubles = _apart(items, watching.items)
        told = (*notes, *doubles)
        return _Data(kept, watching.items, tuple(records), "another set", told)
    training: list[LabelledSample] = []
    held: list[LabelledSample] = []
    ways = set()
    for one in sets:
        keys = [item.key for item in one.items]
        split = hold_out(keys, data.held_out_share, config.seed, data.split_by)
        ways.add(split.by)
        if split.by == "order":
            notes.append(
                f"no person, source or sequence is told apart in '{one.title}', so that its end "
                "is held out: where all is of one film, the loss there is too good (name another "
                "set as data.validation)"
            )
        learned, judging = frozenset(split.training), frozenset(split.held_out)
        training += [item for item in one.items if item.key.name in learned]
        held += [item for item in one.items if item.key.name in judging]
    kept, doubles = _apart(training, held)
    by = ", ".join(sorted(ways))
    return _Data(kept, tuple(held), tuple(records), by, (*notes, *doubles))


def _apart(
    training: Sequence[LabelledSample], watching: Sequence[LabelledSample]
) -> tuple[tuple[LabelledSample, ...], tuple[str, ...]]:
    """Return what is learned from without pictures that watch, whatever they are called.

    Beside it a sentence where there were such.
    """
    seen = {item.fingerprint for item in watching}
    kept = tuple(item for item in training if item.fingerprint not in seen)
    if not kept:
        raise MediaError("no picture is left to learn from: every one is in data.validation too")
    doubles = len(training) - len(kept)
    told = f"{doubles} pictures that watch under another name: not learned from"
    return kept, (told,) if doubles else ()


def _record(config: TrainingConfig, data: _Data, start: InitialWeights | None) -> RunRecord:
    return RunRecord(
        config=asdict(config),
        seed=config.seed,
        start=start.told if start else "",
        data=data.records,
        training=tuple(item.key.name for item in data.training),
        held_out=tuple(item.key.name for item in data.watching),
        split_by=data.split_by,
    )


def _export(trainer: Trainer, config: TrainingConfig) -> Path:
    """Write the model file of a finished run into its folder and return it."""
    file = trainer.folder / f"{config.name}.onnx"
    description = trainer.task.describe(model_facts(config))
    trainer.task.export(trainer.averaged(), description, file)
    return file
