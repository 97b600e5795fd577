"""Guards that folding normalisations away changes no answer and leaves all weights learning."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from handseg_ros.training.batch_norm_folding import fold_batch_norm, is_folded
from handseg_ros.training.network import HandNetwork
from handseg_ros.training.networks.hands import HandsTask


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 255, (4, 64, 96, 3), dtype=torch.uint8, generator=generator)


def seen(images: torch.Tensor) -> HandNetwork:
    torch.manual_seed(3)
    network = HandNetwork().train()
    with torch.no_grad():
        for _ in range(8):
            network(images)
    return network.eval()


def test_a_folded_network_answers_as_before_and_learns(
    images: torch.Tensor, tmp_path: Path
) -> None:
    network = seen(images)
    with torch.no_grad():
        before = network(images)
    fold_batch_norm(network)
    after = network.train()(images)
    torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)
    assert is_folded(network.state_dict())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    after.square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name

    torch.save({"averaged": network.state_dict()}, tmp_path / "checkpoint.pt")
    loaded = HandNetwork()
    HandsTask().load(loaded, tmp_path / "checkpoint.pt")
    loaded.eval()
    torch.testing.assert_close(loaded(images), after)


def test_what_cannot_be_folded_is_refused() -> None:
    with pytest.raises(ValueError, match="without a convolution before it"):
        fold_batch_norm(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)))
