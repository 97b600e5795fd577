"""The ONNX Runtime session: loading a model file, choosing its provider, running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from handseg_ros.segmentation.description import (
    GUIDE,
    METADATA_KEY,
    ModelDescription,
    parse_description,
)
from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.graph_check import check_graph

# The short names that users give, and ONNX Runtime's own.
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
AUTO = "auto"
_AUTO_ORDER = ("cuda", "cpu")


@dataclass(frozen=True)
class ModelSession:
    """A loaded network with its description; `provider` is the one that really runs."""

    path: Path
    description: ModelDescription
    provider: str
    _session: onnxruntime.InferenceSession

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network on its prepared input; returns its outputs by their role.

        Raises ModelError when an output holds NaN or infinity: an answer made of that would look
        like "no hand".
        """
        roles = list(self.description.outputs)
        names = [self.description.outputs[role] for role in roles]
        values = self._session.run(names, {self.description.input.name: image})
        for name, value in zip(names, values, strict=True):
            if not np.isfinite(value).all():
                raise ModelError(
                    f"model file {self.path} gave values that are no finite numbers as '{name}': "
                    "export it again, and compare scale, mean and std with its training"
                )
        return dict(zip(roles, values, strict=True))


def read_description(path: Path) -> ModelDescription:
    """Read the description of a model file without keeping it loaded; raises ModelError."""
    return _describe(path, open_graph(path))


def load_session(path: Path, provider: str = AUTO, threads: int = 1) -> ModelSession:
    """Load a model file.

    `provider` is `auto` or a key of `PROVIDERS`; `threads` is the number of CPU threads inside
    an operator. Raises ModelError when the file, its description or the provider is unusable.
    """
    wanted = _choose_provider(provider)
    session = _open(path, list(dict.fromkeys([wanted, PROVIDERS["cpu"]])), threads)
    running = session.get_providers()[0]
    if provider != AUTO and running != wanted:
        raise ModelError(
            f"provider '{provider}' did not start for {path} and {running} would run instead: "
            "repair its driver and libraries, or set the provider to 'auto'"
        )
    return _checked(path, session, _describe(path, session))


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """Load a network for the CPU, whatever it says of itself; raises ModelError."""
    return _open(path, [PROVIDERS["cpu"]], threads=1)


def load_described(path: Path, description: ModelDescription) -> ModelSession:
    """Load a model file for the CPU with this description, not its own; raises ModelError."""
    return _checked(path, open_graph(path), description)


def _checked(
    path: Path, session: onnxruntime.InferenceSession, description: ModelDescription
) -> ModelSession:
    check_graph(path, session, description)
    running = session.get_providers()[0]
    short = {name: key for key, name in PROVIDERS.items()}
    return ModelSession(path, description, short.get(running, running), session)


def _choose_provider(provider: str) -> str:
    available = onnxruntime.get_available_providers()
    if provider == AUTO:
        return next(PROVIDERS[key] for key in _AUTO_ORDER if PROVIDERS[key] in available)
    if provider not in PROVIDERS:
        raise ModelError(
            f"provider '{provider}' is unknown: choose {AUTO} or one of {', '.join(PROVIDERS)}"
        )
    if PROVIDERS[provider] not in available:
        usable = [key for key, name in PROVIDERS.items() if name in available]
        raise ModelError(
            f"provider '{provider}' is not in the installed ONNX Runtime: install the build "
            f"that has it, or choose {' or '.join([AUTO, *usable])}"
        )
    return PROVIDERS[provider]


def _open(path: Path, providers: list[str], threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise ModelError(f"model file {path} does not exist: check the path")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A spinning worker would burn a whole core of the robot between two frames.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
        raise ModelError(
            f"model file {path} is no ONNX model that ONNX Runtime {onnxruntime.__version__} "
            f"can load ({_first_line(error)}): export it again or give another file"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _describe(path: Path, session: onnxruntime.InferenceSession) -> ModelDescription:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is not None:
        return parse_description(text, str(path))
    beside = path.with_suffix(".yaml")
    if beside.is_file():
        return parse_description(_read_text(beside), str(beside))
    raise ModelError(
        f"model file {path} does not describe itself: write its description to {beside} "
        f"({GUIDE} shows the fields)"
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"the description {path} cannot be read ({error}): make it UTF-8 text that you may read"
        ) from error
