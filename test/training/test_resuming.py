"""Guards that a run goes on only with the configuration that it was begun with."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from handseg_ros.training.config import ConfigError, DataConfig, TrainingConfig, load_config
from handseg_ros.training.resuming import check_resumable

RUN = Path("run")


@pytest.fixture(scope="module")
def config() -> TrainingConfig:
    """Return a plateau from step 200 to step 800 of 3,200."""
    return load_config(Path(__file__).parent / "example.yaml")


def _check(begun: TrainingConfig, now: TrainingConfig, step: int) -> None:
    check_resumable(asdict(begun), now, step, RUN)


def test_the_same_configuration_goes_on(config: TrainingConfig) -> None:
    _check(config, config, 3000)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": 8}, "'seed' was 7 and is 8"),
        ({"batch_size": 8}, "'batch_size' was 16 and is 8"),
        ({"frozen_stages": 2}, "'frozen_stages' was 0 and is 2"),
        ({"sources": ("ccp", "hgr")}, r"'sources' was \('hgr',.* and is \('ccp', 'hgr'\)"),
        ({"scales": {"320x256": 1.0}}, "'scales' was {} and is {'320x256': 1.0}"),
    ],
)
def test_a_changed_field_is_named(
    config: TrainingConfig, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        _check(config, replace(config, **changes), 500)
    for words in ("run", "step 500", "train into another folder"):
        assert words in str(caught.value)


def test_every_changed_field_is_named(config: TrainingConfig) -> None:
    schedule = replace(config.schedule, learning_rate=0.002, weight_decay=0.0)
    mix = replace(config.mix, paste=replace(config.mix.paste, glove=0.5))
    with pytest.raises(ConfigError) as caught:
        _check(config, replace(config, schedule=schedule, mix=mix), 500)
    for name in ("schedule.learning_rate", "schedule.weight_decay", "mix.paste.glove"):
        assert f"'{name}' was" in str(caught.value)


def test_the_order_of_the_mix_counts_as_it_decides_what_is_drawn(config: TrainingConfig) -> None:
    turned = dict(reversed(list(config.mix.weights.items())))
    with pytest.raises(ConfigError, match=r"'mix\.weights' was"):
        _check(config, replace(config, mix=replace(config.mix, weights=turned)), 500)


def test_what_goes_into_the_model_file_alone_may_change(config: TrainingConfig) -> None:
    _check(config, replace(config, description=replace(config.description, version="9")), 500)


@pytest.mark.parametrize(("steps", "decay_steps"), [(9000, 2400), (700, 200), (1000, 500)])
def test_the_end_may_be_planned_anew_while_the_rate_has_not_decayed(
    config: TrainingConfig, steps: int, decay_steps: int
) -> None:
    schedule = replace(config.schedule, steps=steps, decay_steps=decay_steps)
    _check(config, replace(config, schedule=schedule), 500)


@pytest.mark.parametrize(
    ("steps", "decay_steps", "step"),
    [(9000, 2400, 1000), (9000, 2400, 3200), (700, 400, 500), (400, 100, 500)],
)
def test_not_where_steps_that_are_done_would_have_had_another_rate(
    config: TrainingConfig, steps: int, decay_steps: int, step: int
) -> None:
    schedule = replace(config.schedule, steps=steps, decay_steps=decay_steps)
    with pytest.raises(ConfigError, match=r"'schedule\.steps' was 3200 and is .*--start"):
        _check(config, replace(config, schedule=schedule), step)


def test_a_checkpoint_of_the_old_names_is_understood(config: TrainingConfig) -> None:
    saved = asdict(config)
    schedule, mix, loss = saved["schedule"], saved.pop("mix"), saved["loss"]
    schedule["fall"], schedule["averaging"] = schedule.pop("decay_steps"), schedule.pop("ema_decay")
    weights = {name.replace("box_supervised", "boxed"): w for name, w in mix.pop("weights").items()}
    loss["region"], saved["folded"] = loss.pop("dice"), saved.pop("fold_batch_norm")
    # So were numbers saved that YAML takes for texts.
    schedule["learning_rate"] = "6e-4"
    check_resumable({**saved, "recipe": {**mix, "shares": weights}}, config, 500, RUN)


def test_a_checkpoint_of_a_time_before_a_field_has_its_default(config: TrainingConfig) -> None:
    saved = asdict(config)
    del saved["frozen_stages"]
    check_resumable(saved, config, 500, RUN)
    with pytest.raises(ConfigError, match="'frozen_stages' was 0 and is 1"):
        check_resumable(saved, replace(config, frozen_stages=1), 500, RUN)


def test_a_checkpoint_of_another_configuration_is_no_riddle(config: TrainingConfig) -> None:
    with pytest.raises(ConfigError, match=r"run.*its own configuration.*'name'.*another folder"):
        check_resumable({"schedule": {"steps": "many"}}, config, 500, RUN)


def test_a_part_that_is_given_no_more_is_named(config: TrainingConfig) -> None:
    begun = replace(config, data=DataConfig(("mine",)))
    with pytest.raises(ConfigError, match=r"'data' was DataConfig.*mine.* and is None"):
        _check(begun, config, 500)
