"""One of two processes that train together; a module of its own, as fresh processes import it."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import time
from pathlib import Path

import torch
from support.toy_training import ToyPictures

from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.processes import training_processes
from handseg_ros.training.trainer import Trainer

PATIENCE = 120.0


def train_as(rank: int, port: int, config: TrainingConfig, folder: Path, until: int | None) -> None:
    """Train as process `rank`; after step `until`, if given, wait to be killed."""
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    torch.set_num_threads(1)
    with training_processes() as processes:
        trainer = Trainer(config, folder, processes=processes)
        trainer.train(ToyPictures(), workers=0, until=until)
        if until is not None:
            time.sleep(PATIENCE)  # to be killed
