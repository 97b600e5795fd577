"""DeepLabV3-ResNet50 at 256x256 as a model file for the node, with random weights.

How long a network takes does not depend on its weights.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from foreign_networks import foreign_networks

TITLE = "DeepLabV3-ResNet50"


def write_seed_network(folder: Path) -> Path:
    """Write the network with its description; return the ONNX file."""
    network = next(item for item in foreign_networks() if item.title == TITLE)
    return network.write(folder, 1)
