"""What config/hand_segmentation.yaml says: all parameters of the node, for people to copy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from handseg_ros.nodes.parameters import ParameterSpec

PARAMETER_FILE = Path(__file__).resolve().parents[2] / "config" / "hand_segmentation.yaml"
_HEAD = """\
# The parameters of hand_segmentation_node, with their defaults.
#   ros2 launch handseg_ros handseg.launch.py params_file:=<your copy>.yaml
# What each one means, and what it takes: ros2 param describe /hand_segmentation <name>
/**:
  ros__parameters:
"""


def parameter_file(specs: Iterable[ParameterSpec]) -> str:
    """Return a parameters file with the defaults of a node's parameters."""
    return _HEAD + "".join(f"    {spec.name}: {_as_yaml(spec)}\n" for spec in specs)


def _as_yaml(spec: ParameterSpec) -> str:
    """Return a default as YAML: texts that are words stand there without quotes."""
    default = spec.default
    return default if isinstance(default, str) and default.isidentifier() else json.dumps(default)
