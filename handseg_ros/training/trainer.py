"""The training loop: deterministic order, averaged weights, checkpoints to go on from."""

from __future__ import annotations

import copy
import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.config import TrainingConfig
from handseg_ros.training.losses import hand_loss
from handseg_ros.training.network import HandNetwork, load_pretrained_encoder
from handseg_ros.training.resuming import check_resumable
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.scarce import save_whole, telling_of_memory
from handseg_ros.training.targets import make_targets

CHECKPOINT_EVERY = 100
# Or after so many seconds, on a machine that takes longer for as many steps.
CHECKPOINT_SECONDS = 300.0


class TrainingBatches(Dataset[tuple[np.ndarray, np.ndarray]]):
    """The pictures of steps `first` to `last` with their targets, a whole step each."""

    def __init__(self, generator: SampleGenerator, config: TrainingConfig, first: int, last: int):
        self._generator, self._config = generator, config
        self._first, self._last = first, max(first, last)

    def __len__(self) -> int:
        return self._last - self._first

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        scales, step = self._config.sizes, self._first + index
        size, count = scales.at(self._config.seed, step)
        # Numbers are never used twice, whatever sizes the steps before had.
        start = step * max(scales.batch_sizes)
        samples = [self._generator.make(start + k, size) for k in range(count)]
        targets = [make_targets(sample).stacked() for sample in samples]
        return np.stack([sample.image for sample in samples]), np.stack(targets)


class Trainer:
    """A network in training; `folder` holds its checkpoint and its log.

    Where the folder has a checkpoint, training goes on from it; the order of the pictures depends
    on seed and step alone, so an interrupted run gives what an uninterrupted one gives. Raises
    ConfigError where it was begun with another configuration (see `resuming`).
    """

    def __init__(self, config: TrainingConfig, folder: Path, network: HandNetwork | None = None):
        torch.manual_seed(config.seed)
        self.config, self.folder, self.step = config, folder, 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # Without AVX-512 a CPU takes twice to four times as long in bfloat16 as in float32.
        self._use_bfloat16 = self.device.type != "cpu" or has_avx512()
        if network is None:
            network = HandNetwork()
            load_pretrained_encoder(network.encoder)
        if config.fold_batch_norm:
            fold_batch_norm(network)
        _freeze(network, config.frozen_stages)
        # The layout in which a CPU trains many times as fast, and a GPU somewhat faster.
        self.network = network.to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = copy.deepcopy(self.network).eval()
        self.optimizer = torch.optim.AdamW(_parameter_groups(self.network, config))
        self._saved = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._restore()

    @property
    def checkpoint(self) -> Path:
        """The file that training goes on from."""
        return self.folder / "checkpoint.pt"

    def train(
        self,
        generator: SampleGenerator,
        workers: int,
        until: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train up to the configured number of steps, or to step `until` of them.

        Once `is_stopped` says so, the step at hand is finished and saved. Raises MediaError where
        the disk is full, HandsegError where the memory is.
        """
        steps = min(until or self.config.schedule.steps, self.config.schedule.steps)
        bar = tqdm(
            self._batches(generator, workers, steps),
            total=steps, initial=self.step, desc=self.config.name, unit="step",
        )  # fmt: skip
        for images, targets in bar:
            with telling_of_memory(f"step {self.step} of '{self.config.name}'"):
                total, parts = self._train_step(images.to(self.device), targets.to(self.device))
            self.step += 1
            if self.step % 10 == 0:
                values = {"loss": total, **parts}
                bar.set_postfix({name: f"{float(value):.3f}" for name, value in values.items()})
                self._log({name: float(value) for name, value in values.items()})
            late = time.monotonic() - self._saved > CHECKPOINT_SECONDS
            stopped = is_stopped()
            if self.step % CHECKPOINT_EVERY == 0 or self.step == steps or late or stopped:
                self._save()
            if stopped:
                return

    def _batches(
        self, generator: SampleGenerator, workers: int, steps: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        batches = TrainingBatches(generator, self.config, self.step, steps)
        return iter(
            DataLoader(
                batches,
                batch_size=None,
                shuffle=False,
                num_workers=workers,
                worker_init_fn=_leave_interrupts_to_the_trainer,
            )
        )

    def _train_step(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Any]:
        schedule = self.config.schedule
        for group in self.optimizer.param_groups:
            group["lr"] = (
                schedule.learning_rate * group["lr_multiplier"] * schedule.lr_factor(self.step)
            )
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._use_bfloat16):
            maps = self.network(images)
        total, parts = hand_loss(maps.float(), targets, self.config.loss)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self._update_ema()
        return total.detach(), parts

    def _update_ema(self) -> None:
        """Follow the weights with an exponential mean; statistics and counters are copied."""
        keep = min(self.config.schedule.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            source = self.network.state_dict()
            for name, value in self.ema.state_dict().items():
                if value.dtype.is_floating_point:
                    value.lerp_(source[name], 1 - keep)
                else:
                    value.copy_(source[name])

    def _log(self, values: dict[str, float]) -> None:
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": self.step, **values}) + "\n")

    def _save(self) -> None:
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "averaged": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "config": asdict(self.config),
        }
        # A run that dies while it writes must not lose the last good checkpoint.
        save_whole(state, self.checkpoint)
        self._saved = time.monotonic()

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        check_resumable(state["config"], self.config, state["step"], self.folder)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        # Checkpoints of the time when these had another name lack them.
        fresh = _parameter_groups(self.network, self.config)
        for group, made in zip(self.optimizer.param_groups, fresh, strict=True):
            group["lr_multiplier"] = made["lr_multiplier"]


def _leave_interrupts_to_the_trainer(_worker: int) -> None:
    # A terminal's Ctrl-C reaches all its processes, and the step at hand still needs its pictures.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)


def has_avx512() -> bool:
    """Return whether PyTorch uses AVX-512 on this CPU."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def _freeze(network: HandNetwork, stages: int) -> None:
    """Let the encoder's stem and its first stages keep their weights; none for 0 stages."""
    if stages:
        for module in (network.encoder.stem, *network.encoder.stages[:stages]):
            module.requires_grad_(False)


def _parameter_groups(network: HandNetwork, config: TrainingConfig) -> list[dict[str, Any]]:
    """Split the weights: the pretrained encoder learns slower, norms and biases do not decay."""
    schedule = config.schedule
    groups = []
    parts = (
        (network.encoder, schedule.encoder_lr_multiplier), (network.decoder, 1.0),
        (network.heads, 1.0), (network.side, schedule.side_lr_multiplier),
    )  # fmt: skip
    for module, lr_multiplier in parts:
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        for decays in (True, False):
            chosen = [weight for weight in weights if (weight.ndim > 1) is decays]
            decay = schedule.weight_decay if decays else 0.0
            group = {"params": chosen, "weight_decay": decay, "lr": 0.0}
            groups.append({**group, "lr_multiplier": lr_multiplier})
    return groups
