"""The training loop: deterministic order, averaged weights, checkpoints to go on from."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from handseg_ros.training.averaging import StepStatistics, follow
from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.chance import seed_torch
from handseg_ros.training.config import ConfigError, Schedule, TrainingConfig
from handseg_ros.training.network import HandNetwork, load_pretrained_encoder
from handseg_ros.training.networks.task import TrainingTask
from handseg_ros.training.processes import Processes, find_device
from handseg_ros.training.resuming import check_resumable
from handseg_ros.training.run_log import VALIDATION, RunLog
from handseg_ros.training.scarce import check_finite, save_whole, telling_of_scarcity
from handseg_ros.training.sheet import sheet
from handseg_ros.training.step_batches import Parts, Pictures, StepBatches, load_batches
from handseg_ros.training.validation import BestLoss, Validation

CHECKPOINT, BEST = "checkpoint.pt", "best.pt"
CHECKPOINT_EVERY = 100
# Or after so many seconds, on a machine that takes longer for as many steps.
CHECKPOINT_SECONDS = 300.0
_LOG_EVERY = 10
_SHOWN_PICTURES = 12


class Trainer:
    """A network in training; `folder` holds its checkpoint and its logs.

    Where the folder has a checkpoint, training goes on from it; pictures and chance depend on seed
    and step alone, so an interrupted run gives what an uninterrupted one gives. Raises ConfigError
    where it was begun with another configuration (see `resuming`).
    """

    def __init__(
        self,
        config: TrainingConfig,
        folder: Path,
        network: nn.Module | None = None,
        processes: Processes | None = None,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.folder, self.step = config, folder, 0
        self.processes = processes or Processes(device=find_device())
        _check_parts(config, self.processes)
        self.task = config.task()
        self.best = BestLoss()
        self.network = _prepared(network or _first_network(self.task), config, self.processes)
        self.wrapped = self.processes.wrap(self.network)
        self.ema = copy.deepcopy(self.network).eval()
        self.optimizer = torch.optim.AdamW(parameter_groups(self.task, self.network, config))
        self._use_bfloat16 = _uses_bfloat16(config, self.processes.device)
        self._saved = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._restore()

    @property
    def checkpoint(self) -> Path:
        """The file that training goes on from."""
        return self.folder / CHECKPOINT

    @property
    def result(self) -> Path:
        """The checkpoint whose averaged weights are the outcome: the best where that was sought."""
        best = self.folder / BEST
        return best if best.exists() else self.checkpoint

    @property
    def is_done(self) -> bool:
        """Whether all steps are taken, or more are known to be of no use."""
        patience = self.config.validation.patience
        return self.step >= self.config.schedule.steps or 0 < patience <= self.best.missed

    def averaged(self) -> nn.Module:
        """Return the outcome's averaged network, on the CPU, ready to answer."""
        state = torch.load(self.result, map_location="cpu", weights_only=True)
        network = copy.deepcopy(self.ema).cpu()
        network.load_state_dict(state["averaged"])
        return network.eval()

    def train(
        self,
        pictures: Pictures,
        workers: int,
        until: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
        validation: Validation | None = None,
    ) -> None:
        """Train up to the configured number of steps, or to step `until` of them.

        Once `is_stopped` says so, the step at hand is finished and saved. Raises MediaError where
        the disk is full, HandsegError where the memory is, where a part of a step has too few
        pictures, and where the weights are no numbers any more.
        """
        steps = min(until or self.config.schedule.steps, self.config.schedule.steps)
        log = RunLog(self.folder, self.step) if self.processes.is_first else None
        try:
            self._train(pictures, workers, steps, is_stopped, validation, log)
        finally:
            if log is not None:
                log.close()

    def _train(
        self,
        pictures: Pictures,
        workers: int,
        steps: int,
        is_stopped: Callable[[], bool],
        validation: Validation | None,
        log: RunLog | None,
    ) -> None:
        if self.is_done:
            return
        bar = tqdm(
            self._batches(pictures, workers, steps), total=steps, initial=self.step,
            desc=self.config.name, unit="step", disable=log is None,
        )  # fmt: skip
        for parts in bar:
            with telling_of_scarcity(f"step {self.step} of '{self.config.name}'"):
                losses = self._train_step(parts)
            self.step += 1
            if log is not None and self.step % _LOG_EVERY == 0:
                values = {name: float(value) for name, value in losses.items()}
                bar.set_postfix({name: f"{value:.3f}" for name, value in values.items()})
                log.add(self.step, values)
            if validation is not None and self.step % validation.config.every == 0:
                self._validate(validation, pictures, log)
            stopped = self.processes.any(is_stopped()) or self.is_done
            late = time.monotonic() - self._saved > CHECKPOINT_SECONDS
            if self.step % CHECKPOINT_EVERY == 0 or self.step == steps or late or stopped:
                self._save()
            if stopped:
                return

    def _batches(self, pictures: Pictures, workers: int, steps: int) -> Iterator[Parts]:
        batches = StepBatches(self.task, pictures, self.config, self.processes, self.step, steps)
        return load_batches(batches, workers, pin=self.processes.device.type == "cuda")

    def _train_step(self, parts: Parts) -> dict[str, Tensor]:
        """Change the weights once; returns the mean loss of this process's parts, and its parts."""
        self._set_rate()
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        statistics = StepStatistics(self.network, self.processes, len(parts))
        sums: dict[str, Tensor] = {}
        for index, part in enumerate(parts):
            # Of all the step's parts, whichever process takes it.
            number = self.processes.rank + index * self.processes.count
            seed_torch(self.config.seed, self.step, number)
            is_last = index + 1 == len(parts)
            with nullcontext() if is_last else self.processes.no_sync(self.wrapped):
                losses = self._losses(part)
                total = sum(losses.values(), torch.zeros((), device=self.processes.device))
                (total / len(parts)).backward()
            statistics.end_part()
            for name, loss in {"loss": total, **losses}.items():
                sums[name] = sums.get(name, 0) + loss.detach() / len(parts)
        statistics.end_step()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.config.optimisation.gradient_clip)
        self.optimizer.step()
        keep = min(self.config.schedule.ema_decay, (1 + self.step) / (10 + self.step))
        follow(self.ema, self.network, keep)
        return sums

    def _losses(self, part: tuple[Any, Mapping[str, Tensor]]) -> dict[str, Tensor]:
        device = self.processes.device
        inputs = tuple(item.to(device, non_blocking=True) for item in part[0])
        targets = {name: item.to(device, non_blocking=True) for name, item in part[1].items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=self._use_bfloat16):
            return self.task.loss(self.wrapped, inputs, targets)

    def _set_rate(self) -> None:
        schedule = self.config.schedule
        for group in self.optimizer.param_groups:
            group["lr"] = (
                schedule.learning_rate * group["lr_multiplier"] * schedule.lr_factor(self.step)
            )

    def _validate(self, validation: Validation, pictures: Pictures, log: RunLog | None) -> None:
        losses = validation.losses(self.ema, self.processes)
        total = sum(losses.values())
        is_best = self.best.take(total, self.step)
        if log is None:
            return
        values = {"validation": total, **{f"validation_{name}": losses[name] for name in losses}}
        log.add(self.step, values, VALIDATION)
        shown = range(self.step * _SHOWN_PICTURES, (self.step + 1) * _SHOWN_PICTURES)
        log.add_picture(self.step, "pictures", sheet([pictures.make(n) for n in shown]))
        if is_best:
            save_whole(self._outcome(), self.folder / BEST)

    def _save(self) -> None:
        # A run whose weights are lost must not lose the last good checkpoint too.
        check_finite(self.network.parameters(), f"step {self.step} of '{self.config.name}'")
        self._saved = time.monotonic()
        if not self.processes.is_first:
            return
        state = {
            **self._outcome(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": asdict(self.best),
        }
        # A run that dies while it writes must not lose the last good checkpoint.
        save_whole(state, self.checkpoint)

    def _outcome(self) -> dict[str, Any]:
        """Return what a model file is made of."""
        averaged = self.ema.state_dict()
        return {"step": self.step, "averaged": averaged, "config": asdict(self.config)}

    def _restore(self) -> None:
        device = self.processes.device
        state = _read(self.checkpoint, device)
        check_resumable(state["config"], self.config, state["step"], self.folder)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.best = BestLoss(**state.get("best", {}))
        # Checkpoints of the time when these had another name lack them.
        fresh = parameter_groups(self.task, self.network, self.config)
        for group, made in zip(self.optimizer.param_groups, fresh, strict=True):
            group["lr_multiplier"] = made["lr_multiplier"]


def _read(checkpoint: Path, device: torch.device) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(checkpoint, map_location=device, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch raises whatever zipfile and pickle raise
        raise ConfigError(
            f"the run in {checkpoint.parent} cannot go on, as its {checkpoint.name} is damaged: "
            "take that away to begin again, or train into another folder"
        ) from error
    return state


def has_avx512() -> bool:
    """Return whether PyTorch uses AVX-512 on this CPU."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def _uses_bfloat16(config: TrainingConfig, device: torch.device) -> bool:
    """Without AVX-512 a CPU takes twice to four times as long in bfloat16 as in float32."""
    if config.optimisation.precision != "auto":
        return config.optimisation.precision == "bfloat16"
    return device.type != "cpu" or has_avx512()


def _check_parts(config: TrainingConfig, processes: Processes) -> None:
    parts = config.optimisation.accumulation
    if parts % processes.count:
        raise ConfigError(
            f"{processes.count} processes cannot share the {parts} parts of a step: make "
            f"optimisation.accumulation a multiple of {processes.count}"
        )
    if parts > min(config.sizes.batch_sizes):
        raise ConfigError(
            f"a step of {min(config.sizes.batch_sizes)} pictures has no {parts} parts: make "
            "optimisation.accumulation smaller or batch_size larger"
        )


def _first_network(task: TrainingTask) -> nn.Module:
    network = task.build()
    if isinstance(network, HandNetwork):
        load_pretrained_encoder(network.encoder)
    return network


def _prepared(network: nn.Module, config: TrainingConfig, processes: Processes) -> nn.Module:
    """Return the network where it will train, folded, frozen and laid out as configured."""
    if isinstance(network, HandNetwork):
        if config.fold_batch_norm:
            fold_batch_norm(network)
        _freeze(network, config.frozen_stages)
    network.to(processes.device)
    if config.optimisation.channels_last:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _freeze(network: HandNetwork, stages: int) -> None:
    """Let the encoder's stem and its first stages keep their weights; none for 0 stages."""
    if stages:
        for module in (network.encoder.stem, *network.encoder.stages[:stages]):
            module.requires_grad_(False)


def parameter_groups(
    task: TrainingTask, network: nn.Module, config: TrainingConfig
) -> list[dict[str, Any]]:
    """Split the weights: the pretrained encoder learns slower, norms and biases do not decay."""
    multipliers = _multipliers(config.schedule)
    groups = []
    for name, module in task.parts(network).items():
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        for decays in (True, False):
            chosen = [weight for weight in weights if (weight.ndim > 1) is decays]
            decay = config.schedule.weight_decay if decays else 0.0
            group = {"params": chosen, "weight_decay": decay, "lr": 0.0}
            groups.append({**group, "lr_multiplier": multipliers.get(name, 1.0)})
    return groups


def _multipliers(schedule: Schedule) -> dict[str, float]:
    return {"encoder": schedule.encoder_lr_multiplier, "side": schedule.side_lr_multiplier}
