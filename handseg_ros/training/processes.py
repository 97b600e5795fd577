"""One process or several of torchrun's, on one machine or more, that train one network together.

Each takes its parts of every step (see `Optimisation.accumulation`); gradients are averaged by
DistributedDataParallel, over NCCL where every process has a GPU, else over gloo.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from handseg_ros.segmentation.errors import HandsegError

# A process that waits longer for the others takes them for dead.
_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Processes:
    """This process among `count`, counting from 0; the first writes files and talks."""

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this process writes and talks."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Return a module whose gradients are the mean over all processes."""
        if self.count == 1:
            return module
        # It sends the first process's buffers to the others, which all have the same.
        return DistributedDataParallel(module)

    def no_sync(self, module: nn.Module) -> AbstractContextManager[None]:
        """Let gradients gather in this process, to be averaged with those of a later part."""
        if isinstance(module, DistributedDataParallel):
            return module.no_sync()
        return nullcontext()

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor of each process, the same in all of them."""
        if self.count == 1:
            return values
        total = values.clone()
        distributed.all_reduce(total)
        return total / self.count

    def any(self, flag: bool) -> bool:
        """Return whether it is true in any process, the same in all of them."""
        return bool(self.mean(torch.tensor(float(flag), device=self.device)) > 0)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()


def find_device(local_rank: int = 0) -> torch.device:
    """Return the GPU of this process's number on its machine, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", local_rank % torch.cuda.device_count())
    return torch.device("cpu")


@contextmanager
def training_processes() -> Iterator[Processes]:
    """Join the processes that torchrun started, or be alone; raises HandsegError."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    device = find_device(int(os.environ.get("LOCAL_RANK", "0")))
    if count == 1:
        yield Processes(device=device)
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE
        )
    except (RuntimeError, ValueError) as error:
        raise HandsegError(
            f"the {count} processes do not find each other ({str(error).splitlines()[0]}): start "
            "them by torchrun, on every host with the same --rdzv-endpoint"
        ) from error
    try:
        yield Processes(distributed.get_rank(), count, device)
    finally:
        distributed.destroy_process_group()
