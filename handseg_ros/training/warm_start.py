"""Starts a training from a model file: the weights of an exported network, put back in place.

The exporter folds each normalisation into the convolution before it. Going back, the convolution
takes the folded weights and the normalisation the identity, in the statistics of given pictures:
the network answers as the file does, and its normalisations are alive again.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.training.network import MAPS, HandNetwork


def load_model_file(network: HandNetwork, file: Path, images: Tensor) -> None:
    """Fill a network with the weights of a file that `export` wrote for a network of its kind.

    `images` is uint8 (N, H, W, 3), RGB, N at least 2: pictures like those of the training.
    A head of sides of another size takes the place of the network's. A file of a network that still
    told sides from the pyramid (`hands` 0.1.0) fills all but the head that tells them now.
    Raises ModelError when the file cannot be read or holds another network.
    """
    try:
        graph = onnx.load(str(file)).graph
    except Exception as error:  # onnx raises whatever protobuf and the file system raise
        raise ModelError(f"{file} cannot be read as ONNX ({error}): give a model file") from error
    layers = list(_layers(network, images[:1]))
    weights = list(_weights(graph, file))
    others = len(layers) - len(_side_layers(network))
    size = _side_head_size(weights[others:])
    if size is not None and size != (network.side.width, network.side.layers):
        network.take_side_head(*size)
        layers = list(_layers(network, images[:1]))
    if len(weights) == others:
        layers = [layer for layer in layers if layer[0] not in _side_layers(network)]
        weights[-1] = _without_side(*weights[-1])
    shapes = [tuple(convolution.weight.shape) for convolution, _ in layers]
    if shapes != [weight.shape for weight, _ in weights]:
        raise ModelError(
            f"{file} holds another network: start from a file that this version exported"
        )
    with torch.no_grad():
        for (convolution, follower), (weight, bias) in zip(layers, weights, strict=True):
            convolution.weight.copy_(torch.from_numpy(weight))
            target = convolution if follower is None else follower
            if target.bias is not None:
                target.bias.copy_(torch.from_numpy(bias))
            if follower is not None:
                _make_identity(follower)
    followers = [follower for _, follower in layers if follower is not None]
    _adopt_statistics(network, followers, images)


def _side_layers(network: HandNetwork) -> set[nn.Module]:
    return {module for module in network.side.modules() if isinstance(module, nn.Conv2d)}


def _side_head_size(weights: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[int, int] | None:
    """Return width and layers of the head of sides that has these convolutions, if any has."""
    layers, rest = divmod(len(weights) - len(("deep", "middle", "last")), 2)
    return None if layers < 1 or rest else (len(weights[0][0]), layers)


def _without_side(weight: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the last layer of the heads without the map of sides, which was its last."""
    maps = MAPS.index("side")
    return weight[:maps], bias[:maps]


def _layers(
    network: HandNetwork, image: Tensor
) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Yield the convolutions in the order of their execution, each with its normalisation."""
    called: list[nn.Module] = []
    hooks = [
        module.register_forward_hook(lambda module, _inputs, _output: called.append(module))
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    with torch.no_grad():
        network.eval()(image)
    for hook in hooks:
        hook.remove()
    for index, module in enumerate(called):
        if isinstance(module, nn.Conv2d):
            after = called[index + 1] if index + 1 < len(called) else None
            yield module, after if isinstance(after, nn.BatchNorm2d) else None


def _weights(graph: onnx.GraphProto, file: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield weight and bias of each convolution in the order of the graph, float32.

    Raises ModelError where they are integers.
    """
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        # Weights that are equal are stored once, with Identity nodes for the others.
        if node.op_type in ("Cast", "Identity") and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
    for node in graph.node:
        if node.op_type == "Conv":
            if node.input[1] not in values:
                raise ModelError(
                    f"{file} computes in 8 bits: start from the float model that it was made of"
                )
            weight = values[node.input[1]]
            bias = values[node.input[2]] if len(node.input) > 2 else np.zeros(len(weight))
            yield weight, np.array(bias, np.float32)


def _make_identity(normalisation: nn.BatchNorm2d) -> None:
    """Let a normalisation pass on what it gets, plus its bias."""
    assert normalisation.running_mean is not None
    assert normalisation.running_var is not None
    normalisation.running_mean.zero_()
    normalisation.running_var.fill_(1.0)
    normalisation.weight.fill_(float(np.sqrt(1 + normalisation.eps)))


def _adopt_statistics(
    network: HandNetwork, normalisations: list[nn.BatchNorm2d], images: Tensor
) -> None:
    """Give each normalisation the statistics of its inputs, and weights that undo them."""

    def adopt(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        assert module.running_mean is not None
        assert module.running_var is not None
        mean = inputs[0].float().mean(dim=(0, 2, 3))
        variance = inputs[0].float().var(dim=(0, 2, 3))
        module.bias.add_(mean)
        module.weight.copy_(torch.sqrt(variance + module.eps))
        module.running_mean.copy_(mean)
        module.running_var.copy_(variance)

    hooks = [module.register_forward_pre_hook(adopt) for module in normalisations]
    with torch.no_grad():
        network.eval()(images)
    for hook in hooks:
        hook.remove()
