"""Execution providers: which one shall run a network, and which one really does.

ONNX Runtime goes on with the CPU when a provider cannot start or takes none of a network's
operators, with no more than a line on stderr. Here the outcome is looked at and has words.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ctypes
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from handseg_ros.segmentation.errors import ModelError, root_cause

AUTO = "auto"
CPU = "cpu"
# The short names that users give, and ONNX Runtime's own.
PROVIDERS = {
    CPU: "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
}
# Whoever has one of these has installed a build of ONNX Runtime for it. Left out are `tensorrt` and
# `migraphx`, which compile the network for minutes when they start, and `coreml`, which every
# build for macOS has, and which takes only parts of networks whose size is free.
AUTO_ORDER = ("cuda", "rocm", "directml", "openvino", CPU)
# The least severity that ONNX Runtime prints.
_ERROR, _FATAL = 3, 4
_RECORD = "session.record_ep_graph_assignment_info"


@dataclass(frozen=True)
class LoadedSession:
    """A session and what runs it.

    `provider` is a key of `PROVIDERS`, or ONNX Runtime's own name; `operators` are how many of the
    network's it takes and how many there are, None where ONNX Runtime (before 1.24) does not tell.
    `problem` says why it is the CPU in place of the one that was wanted, and `hint` what to do
    about it, each half a sentence; both are empty when the wanted one runs.
    """

    session: onnxruntime.InferenceSession
    provider: str
    operators: tuple[int, int] | None
    problem: str = ""
    hint: str = ""

    @property
    def warning(self) -> str:
        """Why the CPU runs in place of the wanted provider, in one sentence, or ''."""
        return self.problem and f"{self.problem}, so the CPU runs the network: {self.hint}"


def open_session(path: Path, provider: str = AUTO, threads: int = 1) -> LoadedSession:
    """Load a model file on a provider, or on the CPU where that one does not run it.

    `provider` is `auto`, a key of `PROVIDERS` or a name of ONNX Runtime's own; `threads` is the
    number of CPU threads inside an operator. Raises ModelError when the file cannot be loaded or
    the provider is unknown.
    """
    available = onnxruntime.get_available_providers()
    short = _choose(provider, available)
    if _own_name(short) not in available:
        problem = f"provider '{short}' is not in the installed ONNX Runtime"
        usable = ", ".join(key for key, own in PROVIDERS.items() if own in available)
        return _on_cpu(path, threads, problem, f"install a build that has it, or choose {usable}")
    if short == CPU:
        return _on_cpu(path, threads)
    return _on_other(path, short, threads)


def open_on_cpu(path: Path) -> LoadedSession:
    """Load a model file on the CPU to try inputs that it may refuse; raises ModelError.

    What ONNX Runtime then raises it does not print on stderr as well.
    """
    return _on_cpu(path, threads=1, severity=_FATAL)


def _own_name(short: str) -> str:
    return PROVIDERS.get(short, short)


def _choose(provider: str, available: list[str]) -> str:
    """Return a key of `PROVIDERS`, or a name of ONNX Runtime's own for which there is none."""
    if provider == AUTO:
        return next((key for key in AUTO_ORDER if PROVIDERS[key] in available), CPU)
    if provider not in PROVIDERS and provider not in onnxruntime.get_all_providers():
        raise ModelError(
            f"provider '{provider}' is unknown: choose {AUTO} or one of {', '.join(PROVIDERS)}"
        )
    shorts = {own: key for key, own in PROVIDERS.items()}
    return shorts.get(provider, provider)


def _on_cpu(
    path: Path, threads: int, problem: str = "", hint: str = "", severity: int = _ERROR
) -> LoadedSession:
    try:
        session = _open(path, CPU, threads, severity)
    except Exception as error:  # ONNX Runtime's own exceptions share no base class but this
        raise ModelError(
            f"model file {path} is no ONNX model that ONNX Runtime {onnxruntime.__version__} "
            f"can load ({root_cause(error)}): export it again or give another file"
        ) from error
    return LoadedSession(session, CPU, _operators(session, CPU), problem, hint)


def _on_other(path: Path, short: str, threads: int) -> LoadedSession:
    repair = f"repair its driver and libraries, or choose {CPU}"
    try:
        session = _open(path, short, threads)
    except Exception as error:  # the provider's fault, unless the CPU cannot load the file either
        problem = f"provider '{short}' did not start ({_missing(short) or root_cause(error)})"
        return _on_cpu(path, threads, problem, repair)
    if _own_name(short) not in session.get_providers():
        cause = _missing(short) or "ONNX Runtime's warning above says why"
        return _on_cpu(path, threads, f"provider '{short}' did not start ({cause})", repair)
    operators = _operators(session, short)
    if operators is not None and operators[0] == 0 < operators[1]:
        problem = f"provider '{short}' takes none of the {operators[1]} operators of {path}"
        return _on_cpu(path, threads, problem, f"choose another provider, or {CPU}")
    return LoadedSession(session, short, operators)


def _open(
    path: Path, short: str, threads: int, severity: int = _ERROR
) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A spinning worker would burn a whole core of the robot between two frames.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry(_RECORD, "1")
    # Its own format, by a name ending in .ort, is not what `model_file` looks through.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.log_severity_level = severity
    # OpenVINO has threads of its own: onnxruntime.ai/docs/execution-providers, num_of_threads.
    own = {"num_of_threads": str(threads)} if short == "openvino" else {}
    providers = [(_own_name(short), own)]
    # Without its fallback ONNX Runtime raises what it would print, also in mid-stream.
    return onnxruntime.InferenceSession(
        str(path), options, providers=providers, enable_fallback=False
    )


def _operators(session: onnxruntime.InferenceSession, short: str) -> tuple[int, int] | None:
    """Return how many operators a provider takes, and how many there are."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return None
    counts: Counter[str] = Counter()
    for part in session.get_provider_graph_assignment_info():
        counts[part.ep_name] += len(part.get_nodes())
    return counts[_own_name(short)], counts.total()


def _missing(short: str) -> str:
    """Return what the system's loader misses of a provider's own library, or ''.

    CUDA's provider tells it on stderr alone. A library that loads, or none, tells nothing.
    """
    folder = Path(onnxruntime.__file__).parent / "capi"
    for library in folder.glob(f"*onnxruntime_providers_{short}.*"):
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            return root_cause(error)
    return ""
