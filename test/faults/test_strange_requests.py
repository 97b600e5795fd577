"""Guards the live node against requests of any kind: each is answered, and images go on."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from handseg_ros.srv import SegmentImage
from hypothesis import given
from hypothesis import strategies as st
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)
from sensor_msgs.msg import Image
from support.accounts import settled
from support.cases import cases
from support.processes import RunningProcess
from support.robot import Robot
from support.strange_images import StrangeImage, fill, strange_images

from handseg_ros.nodes.settings import SPECS
from handseg_ros.segmentation.model_store import find_model

pytestmark = pytest.mark.slow

SETTING_CASES, ASKING_CASES, IMAGE_CASES = 100, 30, 40
# Two models and some sizes among them; a size of thousands of pixels would only take its time.
_TEXTS = st.text(max_size=20) | st.sampled_from(
    ["hands_fast", "hands_clean", "compressed", "raw", "cpu", "cuda", "mask", "best_effort"]
)
_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 200)
_FLOATS = st.floats() | st.floats(-1, 1)
_VALUES = st.fixed_dictionaries(
    {"type": st.integers(0, 9) | st.integers(0, 255)},
    optional={
        "bool_value": st.booleans(),
        "integer_value": _NUMBERS,
        "double_value": _FLOATS,
        "string_value": _TEXTS,
        "byte_array_value": st.lists(st.binary(min_size=1, max_size=1), max_size=4),
        "bool_array_value": st.lists(st.booleans(), max_size=4),
        "integer_array_value": st.lists(_NUMBERS, max_size=4),
        "double_array_value": st.lists(_FLOATS, max_size=4),
        "string_array_value": st.lists(_TEXTS, max_size=4),
    },
)
_NAMES = st.sampled_from([*(spec.name for spec in SPECS), "use_sim_time"]) | st.text(max_size=20)
# None that leads out of `active`, the state in which images are answered.
_TRANSITIONS = st.tuples(
    st.sampled_from([Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE])
    | st.integers(9, 255),
    st.text(max_size=9),
)
_PARAMETERS = st.lists(st.tuples(_NAMES, _VALUES), min_size=1, max_size=3)
_SETTERS = {
    "set_parameters": SetParameters,
    "set_parameters_atomically": SetParametersAtomically,
}
_ASKERS = {
    "get_parameters": GetParameters,
    "describe_parameters": DescribeParameters,
    "get_parameter_types": GetParameterTypes,
}


def still_runs(node: RunningProcess) -> None:
    """Tell at once why a node has ended, instead of waiting for its answer."""
    assert node.is_running, node.output()


@pytest.mark.parametrize("name", ["use_sim_time", "", "no_such_parameter"])
def test_a_parameter_that_is_not_the_node_s_own_ends_nothing(
    name: str, beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    value = ParameterValue(type=1, bool_value=False)
    request = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
    beside.call(SetParameters, "set_parameters", request, lambda: still_runs(node))
    beside.send_and_wait(small_image, "hands")


def test_a_value_of_an_unknown_type_is_refused(
    beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    odd = Parameter(name="threads", value=ParameterValue(type=77))
    good = Parameter(name="overlay_mode", value=ParameterValue(type=4, string_value="mask"))
    request = SetParameters.Request(parameters=[odd, good])
    refused, taken = beside.call(SetParameters, "set_parameters", request).results
    assert not refused.successful
    assert refused.reason == (
        "parameter threads has a value of type 77, which ROS does not know: use one of "
        "rcl_interfaces/ParameterType, 0 to 9"
    )
    assert taken.successful
    atomic = SetParametersAtomically.Request(parameters=[good, odd])
    response = beside.call(SetParametersAtomically, "set_parameters_atomically", atomic)
    assert response.result.reason == refused.reason
    beside.send_and_wait(small_image, "hands")


def test_a_damaged_model_is_refused_and_the_old_one_goes_on(
    beside: Robot, node: RunningProcess, small_image: Image, tmp_path: Path
) -> None:
    model = onnx.load(str(find_model("hands_fast")))
    model.metadata_props.add(key="author", value="someone")
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(model.SerializeToString().replace(b"someone", b"some\xe5ne"))
    result = beside.set_parameter("model", str(damaged))
    assert not result.successful
    assert "damaged.onnx says of itself is no UTF-8 text" in result.reason
    beside.send_and_wait(small_image, "hands")


def test_parameters_of_any_type_and_value(
    beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    @given(st.sampled_from(sorted(_SETTERS)), _PARAMETERS)
    @cases(SETTING_CASES)
    def ask(service: str, parameters: list[tuple[str, dict[str, Any]]]) -> None:
        request = _SETTERS[service].Request()
        request.parameters = [
            Parameter(name=name, value=ParameterValue(**value)) for name, value in parameters
        ]
        beside.send(small_image)
        beside.call(_SETTERS[service], service, request, lambda: still_runs(node))

    ask()
    for spec in SPECS:
        if not spec.read_only:
            assert beside.set_parameter(spec.name, spec.default).successful, node.output()
    assert beside.set_parameter("use_sim_time", False).successful
    assert beside.wait_for(lambda: beside.watchers)
    beside.send_and_wait(small_image, "hands")
    settled(beside)


def test_questions_and_transitions_of_any_kind(
    beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    @given(st.sampled_from(sorted(_ASKERS)), st.lists(_NAMES, max_size=3), _TRANSITIONS)
    @cases(ASKING_CASES)
    def ask(service: str, names: list[str], transition: tuple[int, str]) -> None:
        asked = _ASKERS[service].Request(names=names)
        beside.call(_ASKERS[service], service, asked, lambda: still_runs(node))
        prefixes = ListParameters.Request(prefixes=names, depth=2**64 - 1 - len(names))
        beside.call(ListParameters, "list_parameters", prefixes)
        change = ChangeState.Request()
        change.transition.id, change.transition.label = transition
        assert not beside.call(ChangeState, "change_state", change).success
        beside.send_and_wait(small_image, "hands")

    ask()
    settled(beside)


def test_images_of_any_kind_asked_about(
    beside: Robot, node: RunningProcess, small_image: Image
) -> None:
    @given(strange_images())
    @cases(IMAGE_CASES)
    def ask(strange: StrangeImage) -> None:
        request = SegmentImage.Request(image=fill(Image(), strange))
        response = beside.call(SegmentImage, "segment", request)
        assert response.message
        if response.success:
            assert (response.hands.height, response.hands.width) == (strange.height, strange.width)
        beside.send_and_wait(small_image, "hands")

    ask()
    settled(beside)
