"""ONNX graphs written like NumPy: each operation on a value adds one operator to a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# From this version on the axes of a mean are an input, before it they are an attribute.
_AXES_ARE_INPUTS = 18

FLOAT, FLOAT16, DOUBLE, INT64, UINT8 = (
    TensorProto.FLOAT,
    TensorProto.FLOAT16,
    TensorProto.DOUBLE,
    TensorProto.INT64,
    TensorProto.UINT8,
)
Axes = Sequence[int | str | None]


@dataclass(frozen=True)
class GraphBuilder:
    """A graph in the making, of an operator set from 11 on.

    Only operators and types are used that are the same in all of them, or are distinguished here.
    """

    name: str
    opset: int
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
        name = f"{self.name}/{operator}_{len(self._nodes)}"
        inputs = [self.constant(operand).name for operand in operands]
        self._nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return Value(self, name)

    def mean(self, value: Value, *axes: int) -> Value:
        """Return the mean over axes, which are gone from the result."""
        if self.opset < _AXES_ARE_INPUTS:
            return self.add("ReduceMean", value, axes=axes, keepdims=0)
        return self.add("ReduceMean", value, np.array(axes), keepdims=0)

    def vector(self, *parts: Operand) -> Value:
        """Return scalars as one vector."""
        one = np.array([1])
        return self.add("Concat", *(self.add("Reshape", part, one) for part in parts), axis=0)

    def model(self, ir_version: int) -> onnx.ModelProto:
        """Return the finished graph as a model."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, self._constants
        )
        opset = helper.make_opsetid("", self.opset)
        return helper.make_model(graph, opset_imports=[opset], ir_version=ir_version)


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

    def floor(self) -> Value:
        """Round down."""
        return self.builder.add("Floor", self)

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

    def gather(self, index: int | Sequence[int], axis: int) -> Value:
        """Return one element of an axis, which is gone then, or some of them."""
        return self.builder.add("Gather", self, np.array(index), axis=axis)

    def size(self, axis: int) -> Value:
        """Return the size of an axis as a double."""
        return self.builder.add("Shape", self).gather(axis, 0).cast(DOUBLE)


Operand = Value | np.ndarray | np.generic | float
