"""Guards against options that are taken and do nothing: the one that is missing is named."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest

from handseg_ros.cli.main import main

_SESSION = {
    "-b": ("--background-delay", "0"),
    "-s": ("--save-delay", "2"),
    "--background-frames": ("--background-frames", "3"),
    "--mirror": ("--mirror",),
}
_EXPORT = ["export", "--model", "none", "--output", "x.onnx"]
ALONE = {
    **{
        f"{command[0]} {option}": ([*command, option, *value], name, "--capture DIR")
        for command in (["view", "none.png"], ["serve", "--model", "none"])
        for option, (name, *value) in _SESSION.items()
    },
    "view --foxglove-port": (
        ["view", "none.png", "--foxglove-port", "0"], "--foxglove-port", "--foxglove",
    ),
    "label-bag": (["label-bag", "bag", "out", "--apart", "0"], "--apart", "--uncertain"),
    "export --max-hands": (
        [*_EXPORT, "--max-hands", "3"], "--max-hands", "--instances",
    ),
    "export --score": ([*_EXPORT, "--score", "0"], "--score", "--instances"),
    "data check": (["data", "check", "set", "--apart", "person"], "--apart", "a second SET"),
}  # fmt: skip


@pytest.mark.parametrize("case", ALONE)
def test_the_option_that_is_missing_is_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, option, missing = ALONE[case]
    assert main(command) == 2
    assert f"{option} has no effect without {missing}: give both" in capsys.readouterr().err


def test_a_share_that_is_held_out_is_none_where_another_set_judges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    judged = ["--held-out", "other", "--held-out-share", "0.5"]
    assert main(["train", "--finetune", "hands_fast", "--data", "set", *judged]) == 2
    assert "--held-out and --held-out-share exclude each other" in capsys.readouterr().err
