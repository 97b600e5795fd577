"""`python -m handseg_ros.training sides`: a model file whose head of sides is trained anew."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from handseg_ros.datasets.registry import open_dataset
from handseg_ros.training.config import ConfigError, TrainingConfig
from handseg_ros.training.data_sources import BACKGROUNDS, TrainingSet, load_training_set
from handseg_ros.training.labelled_samples import PackedSamples, read_labelled
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.networks.hands import load_folded
from handseg_ros.training.sample_generator import SampleGenerator
from handseg_ros.training.side_head import learn_sides, look_at
from handseg_ros.training.side_head_growth import grown

# Of all sources those whose sides are known, and what their hands are pasted on.
_SIDED = ("massey", *BACKGROUNDS)


def sided_set(
    data: Path, rendered: Sequence[Path], taught: Sequence[Path], sources: Sequence[str]
) -> TrainingSet:
    """Return rendered scenes, labelled sets with sides as `own`, and hands to be pasted.

    Raises MediaError where one of them is missing.
    """
    found = load_training_set(data, rendered, [name for name in sources if name in _SIDED])
    items = [item for path in taught for item in read_labelled(open_dataset(path)).items]
    own = PackedSamples([item.packed for item in items])
    return replace(found, samples={**found.samples, "own": own})


def train_sides(config: TrainingConfig, start: Path, training_set: TrainingSet) -> HandNetwork:
    """Return the network of a model file with another head of sides, all else as it is there.

    Raises ConfigError where the configuration has no `side_head`.
    """
    how = config.side_head
    if how is None:
        raise ConfigError(
            f"configuration '{config.name}' does not say how the head of sides learns: add "
            "'side_head', as in handseg_ros/training/configs/hands.yaml"
        )
    network = HandNetwork()
    load_folded(network, start)
    size = config.height, config.width
    generator = SampleGenerator(training_set, how.mix, size, config.seed)
    samples = (generator.make(number) for number in range(how.pictures))
    features = look_at(network, samples, how.pictures)
    torch.manual_seed(config.seed)
    head = grown(network.side, how.width, how.layers)
    network.side = learn_sides(head, features, how)
    return network.eval()
