"""Guards that the provider which really runs a network is known, and why if it is another."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from support.providers import LACKING

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import find_model
from handseg_ros.segmentation.providers import AUTO_ORDER, PROVIDERS, open_session
from handseg_ros.segmentation.segmenter import Segmenter

AVAILABLE = onnxruntime.get_available_providers()
# One that the build for CPUs offers, starts, and that takes no operator of ONNX's own.
IDLE = "AzureExecutionProvider"

IS_FOR_CPUS = next(key for key in AUTO_ORDER if PROVIDERS[key] in AVAILABLE) == "cpu"
TELLS_OPERATORS = hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info")

with_idle = pytest.mark.skipif(
    IDLE not in AVAILABLE or not TELLS_OPERATORS,
    reason="this ONNX Runtime offers no provider that takes nothing, or does not tell",
)


def test_the_names_are_onnx_runtime_s_own() -> None:
    # ROCm's is that of builds before 1.23, which MIGraphX took over from.
    assert {*PROVIDERS.values()} - {"ROCMExecutionProvider"} <= {*onnxruntime.get_all_providers()}
    assert {*AUTO_ORDER} <= {*PROVIDERS}


@pytest.mark.parametrize("name", ["cpu", "CPUExecutionProvider"])
def test_the_cpu_takes_every_operator(name: str) -> None:
    loaded = open_session(find_model("hands"), name)
    assert (loaded.provider, loaded.warning) == ("cpu", "")
    if loaded.operators is not None:
        taken, all_of_them = loaded.operators
        assert taken == all_of_them > 50


@pytest.mark.skipif(not IS_FOR_CPUS, reason="this build is for another provider")
def test_auto_on_a_build_for_cpus_is_the_cpu_without_a_warning() -> None:
    loaded = Segmenter.load(ModelOptions(require_provider=True)).session.loaded
    assert (loaded.provider, loaded.warning) == ("cpu", "")


def test_one_that_is_not_installed_is_replaced_in_words() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    segmenter = Segmenter.load(ModelOptions(provider=LACKING))
    loaded = segmenter.session.loaded
    assert loaded.provider == "cpu"
    assert loaded.warning == (
        f"provider '{LACKING}' is not in the installed ONNX Runtime, so the CPU runs the network: "
        f"{loaded.hint}"
    )
    assert loaded.hint.startswith("install a build that has it, or choose ")
    assert "cpu" in loaded.hint
    assert segmenter.segment(frame).mask().shape == (120, 160)


def test_one_that_is_required_is_not_replaced() -> None:
    with pytest.raises(ModelError) as caught:
        Segmenter.load(ModelOptions(provider=LACKING, require_provider=True))
    text = str(caught.value)
    assert f"'{LACKING}' is not in the installed ONNX Runtime, but it is required:" in text
    assert "\n" not in text


@with_idle
def test_one_that_takes_no_operator_is_replaced_in_words() -> None:
    loaded = Segmenter.load(ModelOptions(provider=IDLE)).session.loaded
    assert loaded.provider == "cpu"
    assert f"'{IDLE}' takes none of the " in loaded.warning
    assert loaded.warning.endswith("choose another provider, or cpu")
    with pytest.raises(ModelError, match=f"'{IDLE}' takes none of .* but it is required"):
        Segmenter.load(ModelOptions(provider=IDLE, require_provider=True))


@with_idle
@pytest.mark.parametrize("size", [0, 1000])
def test_a_bad_file_is_not_the_provider_s_fault(tmp_path: Path, size: int) -> None:
    path = tmp_path / "part.onnx"
    path.write_bytes(find_model("hands").read_bytes()[:size])
    with pytest.raises(ModelError, match=r"part\.onnx is no ONNX model"):
        Segmenter.load(ModelOptions(path, provider=IDLE))


def test_an_unknown_one_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match="'abacus' is unknown: choose auto or one of cpu, cuda"):
        Segmenter.load(ModelOptions(provider="abacus"))
