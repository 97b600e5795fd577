"""Which model runs, and on what: the same options for programs, the node and the commands."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.providers import AUTO


@dataclass(frozen=True)
class ModelOptions:
    """A model by name or path, what runs it, and the size of its input.

    `provider` runs it, with so many CPU `threads` inside the network's operators. Where it does not
    run and is not required, the CPU does. `input_width` and `input_height` are in pixels, 0 for the
    model's own.
    """

    model: str | Path = DEFAULT_MODEL
    provider: str = AUTO
    require_provider: bool = False
    threads: int = 1
    input_width: int = 0
    input_height: int = 0

    @classmethod
    def of(cls, model: str | Path | ModelOptions) -> ModelOptions:
        """Return options themselves, and those of a name or path with all else as usual."""
        return model if isinstance(model, ModelOptions) else cls(model)
