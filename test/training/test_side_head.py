"""Guards the training of the head of sides alone: it learns, and all other maps stay to the bit."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from handseg_ros.segmentation.hands import Side
from handseg_ros.training import config as config_module
from handseg_ros.training.batch_norm_folding import fold_batch_norm
from handseg_ros.training.config import (
    ConfigError,
    Schedule,
    SideHeadConfig,
    TrainingConfig,
    load_config,
)
from handseg_ros.training.data_sources import TrainingSet
from handseg_ros.training.describe import describe
from handseg_ros.training.export import export_model
from handseg_ros.training.network import MAPS, HandNetwork, SideHead
from handseg_ros.training.networks.hands import load_folded
from handseg_ros.training.sample_generator import MixConfig
from handseg_ros.training.samples import Sample
from handseg_ros.training.side_head import SideFeatures, learn_sides, look_at, side_loss
from handseg_ros.training.side_head_growth import grown
from handseg_ros.training.side_head_run import train_sides

SIZE = (64, 96)
HOW = SideHeadConfig(
    pictures=6,
    batch_size=3,
    schedule=Schedule(steps=3, warmup_steps=1, decay_steps=1),
    mix=MixConfig({"own": 1.0}, mosaic=0.0),
    width=70,
    layers=2,
)


def painted(side: Side = Side.RIGHT) -> Sample:
    """Return a picture with one hand, of 24 by 40 pixels, and a bit of another one."""
    rng = np.random.default_rng(int(side))
    ids = np.zeros(SIZE, np.uint8)
    ids[16:40, 20:60], ids[50:54, 50:54] = 1, 2
    return Sample(rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8), ids, (side, Side.LEFT))


def mark(network: HandNetwork, logit: float) -> None:
    """Let a network take every pixel for a hand's, or none."""
    bias = network.heads[-1].bias
    assert isinstance(bias, torch.Tensor)
    with torch.no_grad():
        bias[MAPS.index("mask")] = logit


@pytest.fixture
def network() -> HandNetwork:
    """Return a trained network's like that takes every pixel for a hand's."""
    torch.manual_seed(3)
    network = HandNetwork().train()
    with torch.no_grad():
        for _ in range(4):
            network(torch.randint(0, 256, (4, *SIZE, 3), dtype=torch.uint8))
    mark(network, 50.0)
    return network.eval()


def test_a_hands_logit_is_the_mean_over_its_cells(network: HandNetwork) -> None:
    sample = painted()
    features = look_at(network, [sample], 1)
    assert features.right.tolist() == [1.0]
    with torch.no_grad():
        maps = network(torch.from_numpy(sample.image)[None])[0]
        coarse = network.side.coarse(features.middle.float(), features.deep.float())
    cells = maps[MAPS.index("side"), 4:10, 5:15]
    logit = (coarse[0, 0] * features.weights[0]).sum()
    # Features are kept in half precision.
    assert float(logit) == pytest.approx(float(cells.mean()), abs=2e-3)


def test_hands_that_are_small_unknown_or_not_found_are_left_out(network: HandNetwork) -> None:
    with pytest.raises(ValueError, match="no hand of a known side"):
        look_at(network, [painted(Side.UNKNOWN)], 1)
    mark(network, -50.0)
    with pytest.raises(ValueError, match="no hand of a known side"):
        look_at(network, [painted()], 1)


def made_features(count: int) -> SideFeatures:
    """Return features of left and right hands in turns, told apart by one channel."""
    generator = torch.Generator().manual_seed(1)
    right = torch.arange(count) % 2
    middle = torch.randn(count, 8, 4, 6, generator=generator)
    middle[:, 0] = 4.0 * right[:, None, None] - 2.0
    deep = torch.randn(count, 12, 2, 3, generator=generator)
    weights = torch.zeros(count, 4, 6)
    weights[:, 1:3, 1:3] = 0.25
    return SideFeatures(middle.half(), deep.half(), weights, right.float())


def folded_head() -> SideHead:
    """Return a head whose normalisations are folded."""
    torch.manual_seed(2)
    head = SideHead(8, 12, width=6).eval()
    fold_batch_norm(head)
    return head


def test_sides_that_features_tell_are_learned() -> None:
    everything = made_features(32).of(torch.arange(32))
    head = grown(folded_head(), 16, 2)
    schedule = Schedule(steps=60, warmup_steps=5, decay_steps=20, learning_rate=0.01, ema_decay=0.9)
    before = float(side_loss(head, everything, HOW).detach())
    how = replace(HOW, schedule=schedule, batch_size=8)
    learned = learn_sides(head, made_features(32), how)
    with torch.no_grad():
        assert float(side_loss(learned, everything, HOW)) < 0.6 * before
        logits = learned.coarse(everything.middle, everything.deep)[:, 0]
    whole = (logits * everything.weights).sum(dim=(1, 2))
    assert torch.equal(whole > 0, everything.right > 0.5)


@pytest.mark.parametrize(("width", "layers"), [(6, 1), (9, 1), (6, 3), (16, 2)])
def test_a_grown_head_answers_as_before(width: int, layers: int) -> None:
    head, features = folded_head(), made_features(4).of(torch.arange(4))
    larger = grown(head, width, layers)
    assert (larger.width, larger.layers) == (width, layers)
    with torch.no_grad():
        expected = head(features.middle, features.deep)
        torch.testing.assert_close(larger(features.middle, features.deep), expected)


def test_a_head_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="of 6 channels and 1 layers cannot become one of 5 and 2"):
        grown(folded_head(), 5, 2)


def configuration(side_head: SideHeadConfig | None) -> TrainingConfig:
    configs = Path(config_module.__file__).parent / "configs"
    whole = load_config(configs / "hands.yaml")
    return replace(
        whole,
        height=SIZE[0],
        width=SIZE[1],
        scales={},
        side_head=side_head,
    )


def answer(file: Path, image: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (maps,) = session.run(None, {"image": image[None]})
    return np.asarray(maps)


def test_all_maps_but_the_sides_stay_to_the_bit(network: HandNetwork, tmp_path: Path) -> None:
    config = configuration(HOW)
    before, after = tmp_path / "before.onnx", tmp_path / "after.onnx"
    export_model(network, describe(config, {}), before)
    known = TrainingSet({"own": [painted(Side.LEFT), painted()], "rendered": (), "backgrounds": (),
                         "box_supervised": (), "masked": ()}, {})  # fmt: skip
    export_model(train_sides(config, before, known), describe(config, {}), after)
    image = painted().image
    old, new = answer(before, image)[0], answer(after, image)[0]
    assert np.array_equal(old[:-1], new[:-1])
    assert not np.allclose(old[-1], new[-1])
    # A later training starts from the file as it is.
    again = HandNetwork()
    load_folded(again, after)
    with torch.no_grad():
        maps = again.eval()(torch.from_numpy(image)[None])[0].numpy()
    np.testing.assert_allclose(maps[-1], new[-1], atol=1e-3)


def test_a_model_file_tells_what_taught_its_sides() -> None:
    how = replace(HOW, taught={"photos of mine": "MIT"})
    told = describe(configuration(how), {}).training_data
    assert {"name": "photos of mine", "licence": "MIT"} in told
    assert len(told) == 1 + len(describe(configuration(None), {}).training_data)


def test_a_configuration_that_does_not_say_how_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'hands' does not say how the head of sides learns"):
        train_sides(configuration(None), tmp_path / "no.onnx", TrainingSet({}, {}))
