"""ONNX graphs written like NumPy: each operation on a value adds one operator to a graph."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# From this version on the axes of a mean are an input, before it they are an attribute.
_AXES_ARE_INPUTS = 18

FLOAT, FLOAT16, DOUBLE, INT32, INT64, UINT8, BOOL = (
    TensorProto.FLOAT,
    TensorProto.FLOAT16,
    TensorProto.DOUBLE,
    TensorProto.INT32,
    TensorProto.INT64,
    TensorProto.UINT8,
    TensorProto.BOOL,
)
Axes = Sequence[int | str | None]


@dataclass(frozen=True)
class GraphBuilder:
    """A graph in the making, of an operator set from 11 on.

    Only operators and types are used that are the same in all of them, or are distinguished here.
    Loops and branches have a graph of their own inside, which is `depth` graphs deep; it reads the
    values of those around it, and an operator stands in the innermost graph of its operands'.
    """

    name: str
    opset: int
    depth: int = 0
    _nodes: list[onnx.NodeProto] = field(default_factory=list)
    _constants: list[onnx.TensorProto] = field(default_factory=list)
    _inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    _outputs: list[onnx.ValueInfoProto] = field(default_factory=list)

    def input(self, name: str, kind: int, shape: Axes) -> Value:
        """Add an input."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return Value(self, name)

    def output(self, name: str, value: Value, kind: int, shape: Axes) -> None:
        """Make a value an output."""
        self._nodes.append(helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value: Operand) -> Value:
        """Return a constant: of an array its own type, of a float a double, of an int an int64."""
        if isinstance(value, Value):
            return value
        name = f"{self.name}/constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return Value(self, name)

    def add(self, operator: str, *operands: Operand, **attributes: Any) -> Value:
        """Add an operator and return its one result."""
        return self.add_all(operator, 1, *operands, **attributes)[0]

    def add_all(
        self, operator: str, count: int, *operands: Operand, **attributes: Any
    ) -> tuple[Value, ...]:
        """Add an operator and return its results, of which there are so many."""
        graphs = (self, *(item.builder for item in operands if isinstance(item, Value)))
        graph = max(graphs, key=lambda builder: builder.depth)
        name = f"{graph.name}/{operator}_{len(graph._nodes)}"
        inputs = [graph.constant(operand).name for operand in operands]
        names = [name, *(f"{name}_{more}" for more in range(1, count))]
        graph._nodes.append(helper.make_node(operator, inputs, names, name, **attributes))
        return tuple(Value(graph, item) for item in names)

    def repeat(
        self,
        count: Operand,
        state: Sequence[Operand],
        step: Callable[..., Sequence[Value]],
        stacked: Sequence[tuple[int, Axes]] = (),
    ) -> tuple[Value, ...]:
        """Repeat a step, of any count, also none, and return the last state and what was stacked.

        `step` takes the step's number, int64 from 0 on, and the state, and returns the new state
        and behind it the values to stack, whose types and shapes `stacked` tells.
        """
        body, number, variables = self._loop_body(len(state))
        results = step(number, *variables)
        body.output(f"{body.name}/goes_on", body.constant(np.array(True)), BOOL, [])
        body._results(results, len(state), stacked)
        times = self.constant(count)
        return self.add_all("Loop", len(results), times, np.array(True), *state, body=body.graph())

    def repeat_while(
        self, state: Sequence[Operand], step: Callable[..., Sequence[Value]]
    ) -> tuple[Value, ...]:
        """Repeat a step until it says that it is enough, and return the last state.

        `step` takes the state and returns whether it goes on, a bool, and the new state.
        """
        body, _, variables = self._loop_body(len(state))
        goes_on, *results = step(*variables)
        body.output(f"{body.name}/goes_on", goes_on, BOOL, [])
        body._results(results, len(state), ())
        most = np.array(np.iinfo(np.int64).max)
        return self.add_all("Loop", len(state), most, np.array(True), *state, body=body.graph())

    def choose(
        self,
        condition: Value,
        then: Callable[[GraphBuilder], Sequence[Value]],
        otherwise: Callable[[GraphBuilder], Sequence[Value]],
    ) -> tuple[Value, ...]:
        """Return the values of one of two graphs, of which only that one is computed."""
        branches = []
        for kind, make in (("then", then), ("otherwise", otherwise)):
            branch = self._inner(kind)
            results = make(branch)
            branch._results(results, len(results), ())
            branches.append(branch.graph())
        return self.add_all(
            "If", len(results), condition, then_branch=branches[0], else_branch=branches[1]
        )

    def _inner(self, kind: str) -> GraphBuilder:
        return GraphBuilder(f"{self.name}/{kind}_{len(self._nodes)}", self.opset, self.depth + 1)

    def _loop_body(self, states: int) -> tuple[GraphBuilder, Value, list[Value]]:
        """Return a loop's graph, the number of its step and its state, whose types are its own."""
        body = self._inner("loop")
        number = body.input(f"{body.name}/number", INT64, [])
        body.input(f"{body.name}/is_on", BOOL, [])
        variables = [Value(body, f"{body.name}/state_{index}") for index in range(states)]
        body._inputs.extend(onnx.ValueInfoProto(name=item.name) for item in variables)
        return body, number, variables

    def _results(
        self, results: Sequence[Value], states: int, stacked: Sequence[tuple[int, Axes]]
    ) -> None:
        for index, result in enumerate(results):
            name = f"{self.name}/result_{index}"
            if index >= states:
                self.output(name, result, *stacked[index - states])
                continue
            self._nodes.append(helper.make_node("Identity", [result.name], [name]))
            self._outputs.append(onnx.ValueInfoProto(name=name))

    def mean(self, value: Value, *axes: int) -> Value:
        """Return the mean over axes, which are gone from the result."""
        if self.opset < _AXES_ARE_INPUTS:
            return self.add("ReduceMean", value, axes=axes, keepdims=0)
        return self.add("ReduceMean", value, np.array(axes), keepdims=0)

    def vector(self, *parts: Operand) -> Value:
        """Return scalars as one vector."""
        one = np.array([1])
        return self.add("Concat", *(self.add("Reshape", part, one) for part in parts), axis=0)

    def graph(self) -> onnx.GraphProto:
        """Return the finished graph."""
        return helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, self._constants
        )

    def model(self, ir_version: int) -> onnx.ModelProto:
        """Return the finished graph as a model."""
        opset = helper.make_opsetid("", self.opset)
        return helper.make_model(self.graph(), opset_imports=[opset], ir_version=ir_version)


@dataclass(frozen=True)
class Value:
    """What an operator of a graph gives; arithmetic with it adds operators."""

    builder: GraphBuilder
    name: str

    def __add__(self, other: Operand) -> Value:
        return self.builder.add("Add", self, other)

    def __neg__(self) -> Value:
        return self.builder.add("Neg", self)

    def __sub__(self, other: Operand) -> Value:
        return self.builder.add("Sub", self, other)

    def __rsub__(self, other: Operand) -> Value:
        return self.builder.add("Sub", other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.builder.add("Mul", self, other)

    def __truediv__(self, other: Operand) -> Value:
        return self.builder.add("Div", self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return self.builder.add("Div", other, self)

    def __matmul__(self, other: Operand) -> Value:
        return self.builder.add("MatMul", self, other)

    def maximum(self, other: Operand) -> Value:
        """Return the larger of both, element by element."""
        return self.builder.add("Max", self, other)

    def minimum(self, other: Operand) -> Value:
        """Return the smaller of both, element by element."""
        return self.builder.add("Min", self, other)

    def __lt__(self, other: Operand) -> Value:
        return self.builder.add("Less", self, other)

    def __gt__(self, other: Operand) -> Value:
        return self.builder.add("Greater", self, other)

    def __and__(self, other: Operand) -> Value:
        return self.builder.add("And", self, other)

    def __or__(self, other: Operand) -> Value:
        return self.builder.add("Or", self, other)

    def __invert__(self) -> Value:
        return self.builder.add("Not", self)

    def equals(self, other: Operand) -> Value:
        """Return where both are the same, bool."""
        return self.builder.add("Equal", self, other)

    def choose(self, first: Operand, second: Operand) -> Value:
        """Return the first where this is true, the second elsewhere."""
        return self.builder.add("Where", self, first, second)

    def floor(self) -> Value:
        """Round down."""
        return self.builder.add("Floor", self)

    def ceil(self) -> Value:
        """Round up."""
        return self.builder.add("Ceil", self)

    def round(self) -> Value:
        """Round to the nearest whole number, halves to an even one, as Python does."""
        return self.builder.add("Round", self)

    def cast(self, kind: int) -> Value:
        """Change the type."""
        return self.builder.add("Cast", self, to=kind)

    def transpose(self, *axes: int) -> Value:
        """Return the axes in another order."""
        return self.builder.add("Transpose", self, perm=axes)

    def reshape(self, *sizes: Operand) -> Value:
        """Return the same elements in another shape, of whole numbers of any type."""
        whole = [size.cast(INT64) if isinstance(size, Value) else size for size in sizes]
        return self.builder.add("Reshape", self, self.builder.vector(*whole))

    def gather(self, index: int | Sequence[int] | Value, axis: int) -> Value:
        """Return one element of an axis, which is gone then, or some of them."""
        places = index if isinstance(index, Value) else np.array(index)
        return self.builder.add("Gather", self, places, axis=axis)

    def unsqueeze(self, axis: int) -> Value:
        """Return the same elements with one axis more, of size 1; from operator set 13 on."""
        return self.builder.add("Unsqueeze", self, np.array([axis]))

    def largest(self, *axes: int) -> Value:
        """Return the largest elements over axes, which are gone from the result."""
        if self.builder.opset < _AXES_ARE_INPUTS:
            return self.builder.add("ReduceMax", self, axes=axes, keepdims=0)
        return self.builder.add("ReduceMax", self, np.array(axes), keepdims=0)

    def total(self, *axes: int) -> Value:
        """Return sums over axes, which are gone from the result; from operator set 13 on."""
        return self.builder.add("ReduceSum", self, np.array(axes), keepdims=0)

    def size(self, axis: int) -> Value:
        """Return the size of an axis as a double."""
        return self.builder.add("Shape", self).gather(axis, 0).cast(DOUBLE)


Operand = Value | np.ndarray | np.generic | float
