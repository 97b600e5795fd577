"""The whole path: read, train, export, and judge before and after on what was held out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from handseg_ros.datasets import run_lengths
from handseg_ros.datasets.frames import Dataset
from handseg_ros.evaluation.evaluate import Evaluated, evaluate
from handseg_ros.evaluation.report.pages import check_can_write
from handseg_ros.evaluation.runner.store import ModelIdentity
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.finetuning.configuration import configure, describe_finetuned
from handseg_ros.training.finetuning.data import FineTuningData, read_data
from handseg_ros.training.finetuning.request import FineTuningRequest
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.processes import Processes, training_processes
from handseg_ros.training.run_record import RunRecord, begin_run
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.stopping import Stop
from handseg_ros.training.trainer import Trainer
from handseg_ros.training.warm_start import load_model_file

EVALUATION, REMEMBERED = "evaluation", "remembered"
# Enough for the statistics of the normalisations, which are folded away then.
_STATISTICS_PICTURES = 8


@dataclass(frozen=True)
class FineTuned:
    """The model file, and what was measured, models in the order before, after.

    Of several processes the first alone has them; nobody has where it was stopped. `remembered` is
    of the pictures that were mixed in, None without.
    """

    model: Path | None
    is_stopped: bool
    held_out: Evaluated | None = None
    remembered: Evaluated | None = None


def fine_tune(
    request: FineTuningRequest,
    tell: Callable[[str], None],
    stoppable: Callable[[], AbstractContextManager[Stop]],
) -> FineTuned:
    """Train a model on from a request, or go on where its folder was left.

    `tell` gets sentences on the way. `stoppable` is entered while it trains, and what that gives is
    asked after each step. Raises HandsegError where anything cannot serve, before the
    training starts as far as it can be known then.
    """
    run_lengths.coco()
    check_can_write()
    before = Segmenter.load(request.model)
    with training_processes() as processes:
        config = configure(request, before.description, processes.count)
        data = read_data(request, config.kept_side)
        if processes.is_first:
            for note in data.notes:
                tell(note)
            request.out.mkdir(parents=True, exist_ok=True)
            begin_run(request.out, _record(request, before, asdict(config), data))
        processes.wait()
        trainer = _trained(request, config, data, before.session.path, stoppable, processes)
        if not trainer.is_done:
            return FineTuned(None, is_stopped=True)
        if not processes.is_first:
            return FineTuned(None, is_stopped=False)
    titles = [record.title for record in data.records if record.use == "own"]
    told = describe_finetuned(request, before.description, config, titles)
    model = request.out / f"{config.name}.onnx"
    trainer.task.export(trainer.averaged(), told, model)
    models = [before, Segmenter.load(model)]
    return FineTuned(
        model,
        False,
        _judged(data.held_out, models, request.out / EVALUATION),
        _judged(data.remembered, models, request.out / REMEMBERED) if data.remembered else None,
    )


def _trained(
    request: FineTuningRequest,
    config: TrainingConfig,
    data: FineTuningData,
    start: Path,
    stoppable: Callable[[], AbstractContextManager[Stop]],
    processes: Processes,
) -> Trainer:
    cv2.setNumThreads(0)
    torch.set_num_threads(request.threads)
    size = config.height, config.width
    generator = SampleGenerator(data.training, config.mix, size, config.seed)
    trainer = Trainer(config, request.out, _started_from(start, generator), processes)
    with stoppable() as stop:
        trainer.train(generator, request.workers, is_stopped=lambda: stop.asked)
    return trainer


def _record(
    request: FineTuningRequest, before: Segmenter, config: dict[str, object], data: FineTuningData
) -> RunRecord:
    training, held_out = data.names
    return RunRecord(
        config=config,
        seed=request.seed,
        start=f"{before.description.title}, sha256 {ModelIdentity.of(before).sha256}",
        data=data.records,
        training=training,
        held_out=held_out,
        split_by=data.split_by,
        notes=data.notes,
    )


def _started_from(file: Path, generator: SampleGenerator) -> HandNetwork:
    images = np.stack([generator.make(number).image for number in range(_STATISTICS_PICTURES)])
    network = HandNetwork()
    load_model_file(network, file, torch.from_numpy(images))
    return network


def _judged(dataset: Dataset, models: list[Segmenter], out: Path) -> Evaluated:
    # What an earlier end of this run measured is of a model that is no more.
    shutil.rmtree(out, ignore_errors=True)
    return evaluate(dataset, models, out)
