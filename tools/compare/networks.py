"""Writes DeepLabV3 as ONNX, with random weights: `python -m compare.networks OUT`.

Time and memory do not depend on the weights; the masks mean nothing. The network is that of
`handseg train`, torchvision's architecture in plain PyTorch: torchvision itself has no build for
every build of PyTorch that the pins allow.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import torch

from compare.methods import NETWORK, NETWORK_INPUT
from handseg_ros.training.networks.deeplab import DeepLabV3

_CLASSES = 2


def write_network(file: Path) -> None:
    """Write the network: float32 (1, 3, H, W) to logits (1, 2, H, W)."""
    torch.manual_seed(0)
    width, height = NETWORK_INPUT
    with warnings.catch_warnings():
        # The tracing exporter warns that it is old.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            DeepLabV3("resnet101", _CLASSES).eval(), (torch.zeros(1, 3, height, width),), str(file),
            dynamo=False, opset_version=17, input_names=["image"], output_names=["logits"],
        )  # fmt: skip


def main() -> None:
    """Command line."""
    file = Path(sys.argv[1]) / f"{NETWORK}.onnx"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_network(file)


if __name__ == "__main__":
    main()
