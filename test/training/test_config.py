"""Guards the configuration: the shipped one is read whole, a wrong one is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.training import config as config_module
from handseg_ros.training.config import ConfigError, Schedule, ablate, load_config
from handseg_ros.training.datasets import FREE, SOURCES
from handseg_ros.training.describe import describe

SHIPPED = Path(config_module.__file__).parent / "configs" / "hands.yaml"


def test_the_shipped_configuration_describes_its_model() -> None:
    config = load_config(SHIPPED)
    description = describe(config, {"dev": 0.5})
    assert description.family == "bottom_up"
    assert description.input.width % 32 == 0
    assert description.scores == {"dev": 0.5}
    assert {"name", "licence"} == set(description.training_data[0])


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("seed: ", "sead: ", "sead"),
        ("batch_size: 16\n", "", "batch_size"),
        ("  steps:", "  stairs:", "Schedule has no field stairs"),
        ("seed: ", "loss_weights: {}\nseed: ", "loss_weights"),
        ("  decay_steps:", "  fall:", "no field fall any more, it is decay_steps now"),
        ("mix:", "recipe:", "no field recipe any more, it is mix now"),
        ("  dice:", "  region:", "LossWeights has no field region any more, it is dice now"),
        (
            "    size: [0",
            "    cover: 0.1\n    size: [0",
            "no field cover any more",
        ),
        ("seed: ", "scales: {320x250: 1.0}\nseed: ", "320x250.*multiple of 32"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    file = tmp_path / "wrong.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint) as caught:
        load_config(file)
    assert str(file) in str(caught.value)


def _without_sources() -> str:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("sources:"))


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(_without_sources() + "sources: [ccp, stolen]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"stolen.*massey"):
        load_config(file)


@pytest.mark.parametrize("name", ["hands_clean_draft", "hands_clean"])
def test_the_clean_model_is_trained_from_free_sources_alone(name: str) -> None:
    config = load_config(SHIPPED.with_name(f"{name}.yaml"))
    assert {SOURCES[name].licence for name in config.sources} <= FREE
    said = {item["licence"] for item in describe(config, {}).training_data}
    assert said <= FREE


@pytest.mark.parametrize("name", ["hands", "hands_clean", "hands_fast"])
def test_a_configuration_names_the_data_that_its_shipped_model_has_seen(name: str) -> None:
    said = describe(load_config(SHIPPED.with_name(f"{name}.yaml")), {}).training_data
    assert said == Segmenter.load(name).description.training_data


def test_every_configuration_can_be_described() -> None:
    for file in SHIPPED.parent.glob("*.yaml"):
        config = load_config(file)
        described = describe(config, {})
        assert described.name == config.name == file.stem
        # A model may run at another size than it was trained at, and says so in its description.
        said = config.description
        run_at = said.get("width", config.width), said.get("height", config.height)
        assert (described.input.width, described.input.height) == run_at


def test_a_sample_source_can_be_left_out() -> None:
    config = load_config(SHIPPED)
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
