"""Guards `handseg train` where PyTorch is not installed: one sentence with the way out."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handseg_ros.cli.main import main


def test_without_torch_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("handseg_ros.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--finetune", "hands", "--data", "my_coco.json"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "needs the package 'torch'" in told
    assert "pip install 'handseg_ros[train]'" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["--finetune", "--data"])
def test_what_is_missing_is_named(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"--finetune": "hands", "--data": "my_coco.json"}
    del given[missing]
    assert main(["train", *(word for pair in given.items() for word in pair)]) == 2
    assert f"{missing} " in capsys.readouterr().err
