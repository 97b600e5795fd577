"""Guards the configuration: the shipped one is read whole, a wrong one is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from handseg_ros.training import config as config_module
from handseg_ros.training.config import ConfigError, Schedule, load_config
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
        ("seed: 1", "sead: 1", "sead"),
        ("batch: 16\n", "", "batch"),
        ("  steps:", "  stairs:", "Schedule has no field stairs"),
        ("seed: 1", "seed: 1\nloss_weights: {}", "loss_weights"),
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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_config(tmp_path / "none.yaml")


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=100, warm_up=10, fall=20)
    assert schedule.rate(0) == pytest.approx(0.1)
    assert schedule.rate(9) == schedule.rate(79) == 1.0
    assert schedule.rate(90) == pytest.approx(0.5)
    assert schedule.rate(100) == 0.0
