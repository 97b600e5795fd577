"""Guards the configuration: the shipped one is read whole, a wrong one is refused by name."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training import config as config_module
from handseg_ros.training.config import ConfigError, Schedule, ablate, load_config
from handseg_ros.training.data_sources import FREE_LICENCES, SOURCES
from handseg_ros.training.describe import describe

OLD_NAMES = """
batch: 16
folded: true
schedule: {steps: 100, fall: 50, averaging: 0.9}
recipe:
  shares: {boxed: 1.0}
  view: {focus: 0.5}
loss: {region: 1.0}
"""
CONFIGS = Path(config_module.__file__).parent / "configs"
EXAMPLE = Path(__file__).parent / "example.yaml"


def test_the_shipped_configuration_describes_its_model() -> None:
    config = load_config(CONFIGS / "hands.yaml")
    description = describe(config, {"dev": 0.5})
    assert description.family == "bottom_up"
    assert description.input.width % 32 == 0
    assert description.scores == {"dev": 0.5}
    assert {"name", "licence"} == set(description.training_data[0])


def test_pictures_are_kept_as_large_as_the_largest_size_that_is_trained() -> None:
    config = load_config(EXAMPLE)
    assert config.kept_side == 640
    assert replace(config, width=960).kept_side == 960
    assert replace(config, scales={"320x256": 1.0, "736x1280": 0.5}).kept_side == 1280


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_bytes(b"\xff\xfename: x")
    with pytest.raises(ConfigError, match=r"my\.yaml cannot be read"):
        load_config(tmp_path / "my.yaml")


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("seed: ", "sead: ", "the field 'sead' is unknown"),
        ("batch_size: 16\n", "", "the field 'batch_size' is missing"),
        ("  steps:", "  stairs:", r"the field 'schedule\.stairs' is unknown"),
        ("seed: ", "loss_weights: {}\nseed: ", "'loss_weights' is unknown"),
        ("seed: ", "scales: {320x250: 1.0}\nseed: ", "320x250.*multiple of 32"),
        ("height: 256", "height: 250", "'height' is 250.*multiple of 32"),
        ("seed: 7", "seed: yes", "'seed' is True, but must be a whole number"),
        ("batch_size: 16", "batch_size: 16.5", "'batch_size' is 16.5, but must be a whole number"),
        ("learning_rate: 0.0006", "learning_rate: fast", r"'schedule\.learning_rate' is 'fast'"),
        ("learning_rate: 0.0006", "learning_rate: .inf", r"'schedule\.learning_rate' is inf"),
        ("  decay_steps: 2400", "  decay_steps: 0", r"'schedule\.decay_steps' is 0"),
        ("    size: [0.08, 0.65]", "    size: [0.08]", r"'mix\.paste\.size'.*a list of 2"),
        ("  blur: 0.2", "  blur: 1.2", r"'mix\.blur' is 1\.2, but must be a number from 0 to 1"),
        ("    hgr: 2.0", "    hgr: -2.0", r"'mix\.cutout_weights\.hgr' is -2\.0"),
        ("    people:", "    spaghetti:", r"'mix\.weights\.spaghetti' is unknown.*forearms"),
        ("score: 0.45", "score: 45", r"'description\.thresholds\.score' is 45"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    file = tmp_path / "wrong.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_config(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("written", ["6e-4", "0.0006", "6.0e-4", "'0.0006'"])
def test_a_number_is_a_number_however_it_is_written(tmp_path: Path, written: str) -> None:
    """YAML 1.1 takes 6e-4, without a point, for a text."""
    file = tmp_path / "rate.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    file.write_text(text.replace("learning_rate: 0.0006", f"learning_rate: {written}"))
    rate = load_config(file).schedule.learning_rate
    assert isinstance(rate, float)
    assert rate == 6e-4


def test_whoever_builds_a_configuration_builds_a_valid_one() -> None:
    with pytest.raises(ValueError, match=r"'ema_decay' is 1\.5, but must be"):
        Schedule(steps=100, ema_decay=1.5)
    with pytest.raises(ValueError, match=r"'sources\[0\]' is 'stolen'"):
        replace(load_config(EXAMPLE), sources=("stolen",))


def test_old_names_are_all_told_with_their_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    file.write_text(OLD_NAMES, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    for told in (
        "'batch' is 'batch_size' now",
        "'folded' is 'fold_batch_norm' now",
        "'schedule.fall' is 'schedule.decay_steps' now",
        "'schedule.averaging' is 'schedule.ema_decay' now",
        "'recipe' is 'mix' now",
        "'recipe.shares' is 'mix.weights' now",
        "'recipe.shares.boxed' is 'mix.weights.box_supervised' now",
        "'recipe.view.focus' is 'mix.crop.hand_focus' now",
        "'loss.region' is 'loss.dice' now",
    ):
        assert told in str(caught.value)


def _without_sources() -> str:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("sources:"))


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(_without_sources() + "sources: [ccp, stolen]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"stolen.*massey"):
        load_config(file)


@pytest.mark.parametrize("name", ["hands_clean_draft", "hands_clean"])
def test_the_clean_model_is_trained_from_free_sources_alone(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.yaml")
    assert {SOURCES[name].licence for name in config.sources} <= FREE_LICENCES
    said = {item["licence"] for item in describe(config, {}).training_data}
    assert said <= FREE_LICENCES


@pytest.mark.parametrize("name", ["hands", "hands_clean", "hands_fast", "hands_int8"])
def test_a_configuration_names_the_data_that_its_shipped_model_has_seen(name: str) -> None:
    said = describe(load_config(CONFIGS / f"{name}.yaml"), {}).training_data
    assert said == Segmenter.load(name).description.training_data


def test_every_configuration_can_be_described() -> None:
    for file in CONFIGS.glob("*.yaml"):
        config = load_config(file)
        described = describe(config, {})
        assert described.name == config.name == file.stem
        # A model may run at another size than it was trained at, and says so in its description.
        said = config.description
        run_at = said.width or config.width, said.height or config.height
        assert (described.input.width, described.input.height) == run_at


def test_a_sample_source_can_be_left_out() -> None:
    config = load_config(EXAMPLE)
    left = ablate(config, ["rendered", "box_supervised"])
    assert set(config.mix.weights) - set(left.mix.weights) == {"rendered", "box_supervised"}
    with pytest.raises(ConfigError, match=r"no sample source salt to leave out.*rendered"):
        ablate(config, ["salt"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_config(tmp_path / "none.yaml")


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=100, warmup_steps=10, decay_steps=20)
    assert schedule.lr_factor(0) == pytest.approx(0.1)
    assert schedule.lr_factor(9) == schedule.lr_factor(79) == 1.0
    assert schedule.lr_factor(90) == pytest.approx(0.5)
    assert schedule.lr_factor(100) == 0.0
