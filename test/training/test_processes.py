"""Guards training by several processes: they give what one gives, also when they were killed."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
import yaml
from support.gloves import GLOVES, take_scenes
from support.one_of_two import PATIENCE, train_as
from support.toy_training import EXAMPLE, ToyPictures, toy_config

from handseg_ros.training.config import ConfigError, TrainingConfig
from handseg_ros.training.optimisation import Optimisation
from handseg_ros.training.processes import Processes
from handseg_ros.training.step_batches import StepBatches
from handseg_ros.training.trainer import Trainer

STEPS = 4


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    """Steps of four pictures in two parts, with normalisations that learn, in full precision."""
    return replace(toy_config(STEPS), optimisation=Optimisation(2, precision="float32"))


@pytest.fixture(scope="module")
def alone(config: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of one process."""
    folder = tmp_path_factory.mktemp("alone")
    torch.set_num_threads(1)
    Trainer(config, folder).train(ToyPictures(), workers=0)
    return folder


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _two(config: TrainingConfig, folder: Path, until: int | None = None) -> list[BaseProcess]:
    port = _free_port()
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=train_as, args=(rank, port, config, folder, until))
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    return list(processes)


def _ended(processes: list[BaseProcess]) -> list[int | None]:
    for process in processes:
        process.join(PATIENCE)
    return [process.exitcode for process in processes]


def _averaged(folder: Path) -> dict[str, torch.Tensor]:
    averaged: dict[str, torch.Tensor] = torch.load(folder / "checkpoint.pt", weights_only=True)[
        "averaged"
    ]
    return averaged


def _check_same(folder: Path, alone: Path) -> None:
    own, whole = _averaged(folder), _averaged(alone)
    for name, value in whole.items():
        torch.testing.assert_close(own[name], value, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.slow
def test_two_processes_give_what_one_gives(
    config: TrainingConfig, alone: Path, tmp_path: Path
) -> None:
    assert _ended(_two(config, tmp_path)) == [0, 0]
    _check_same(tmp_path, alone)


@pytest.mark.slow
def test_killed_in_the_middle_and_begun_again_it_gives_the_same(
    config: TrainingConfig, alone: Path, tmp_path: Path
) -> None:
    processes = _two(config, tmp_path, until=2)
    end = time.monotonic() + PATIENCE
    while not (tmp_path / "checkpoint.pt").exists() and time.monotonic() < end:
        time.sleep(0.05)
    for process in processes:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    assert _ended(processes) == [-signal.SIGKILL] * 2
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 2
    assert _ended(_two(config, tmp_path)) == [0, 0]
    _check_same(tmp_path, alone)


@pytest.mark.nightly
def test_two_hosts_find_each_other_by_torchrun(tmp_path: Path) -> None:
    """As docs/training.md has it; the hosts are two addresses of this machine."""
    take_scenes(GLOVES, tmp_path / "gloves", 5)
    content = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    del content["sources"]
    content |= {"name": "two", "height": 64, "width": 96, "batch_size": 4}
    content["schedule"] |= {"steps": 3, "warmup_steps": 1, "decay_steps": 2}
    content["mix"]["weights"] = {"own": 1.0}
    content["description"] |= {"width": 96, "height": 64}
    content |= {"data": {"train": ["gloves"]}, "optimisation": {"accumulation": 2}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    port = _free_port()
    started = [
        subprocess.Popen(
            [
                sys.executable, "-m", "torch.distributed.run", "--nnodes", "2",
                "--node-rank", str(rank), "--nproc-per-node", "1", "--local-addr", address,
                "--master-addr", "127.0.0.1", "--master-port", str(port),
                "-m", "handseg_ros.cli.main", "train", "mine.yaml", "--out", "run",
                "--workers", "0", "--threads", "1",
            ],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank, address in enumerate(("127.0.0.1", "127.0.0.2"))
    ]  # fmt: skip
    printed = [process.communicate(timeout=900)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], printed
    assert "model: run/two.onnx" in printed[0] + printed[1]
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 3


def test_processes_share_the_pictures_of_a_step_and_none_is_taken_twice() -> None:
    config = replace(toy_config(3), optimisation=Optimisation(4))
    numbers: list[int] = []

    class Noting(ToyPictures):
        def make(self, number: int, size: tuple[int, int] | None = None):  # type: ignore[no-untyped-def]
            numbers.append(number)
            return super().make(number, size)

    for rank in range(2):
        batches = StepBatches(config.task(), Noting(), config, Processes(rank, 2), 0, 3)
        assert [len(batches[index]) for index in range(3)] == [2, 2, 2]
    assert sorted(numbers) == list(range(12))


@pytest.mark.parametrize(
    ("accumulation", "count", "words"),
    [(1, 2, "a multiple of 2"), (3, 2, "a multiple of 2"), (8, 1, "has no 8 parts")],
)
def test_parts_that_cannot_be_shared_are_refused(
    accumulation: int, count: int, words: str, tmp_path: Path
) -> None:
    config = replace(toy_config(1), optimisation=Optimisation(accumulation))
    with pytest.raises(ConfigError, match=words):
        Trainer(config, tmp_path, processes=Processes(0, count))
    assert json.dumps(list(tmp_path.iterdir())) == "[]"
