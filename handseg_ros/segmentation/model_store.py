"""Where models lie: from the name or path that a user gives to one ONNX file."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

from handseg_ros.segmentation.errors import ModelError
from handseg_ros.segmentation.package_files import package_folder
from handseg_ros.segmentation.user_path import user_path

DEFAULT_MODEL = "hands"


def models_folder() -> Path:
    """Return the folder of the package's own models.

    Raises ModelError when the installation lacks it.
    """
    folder = package_folder("models", "*.onnx")
    if folder is None:
        raise ModelError(
            f"the package's models were not found above {Path(__file__).resolve().parents[1]}: the "
            "installation is incomplete, install it again or give the path of an ONNX file"
        )
    return folder


def model_names() -> list[str]:
    """Return the names of the package's models, in order; raises ModelError as `models_folder`."""
    return sorted(file.stem for file in models_folder().glob("*.onnx"))


def find_model(model: str | Path) -> Path:
    """Return the ONNX file that `model` means: a path, or a name from the package's models.

    Raises ModelError when there is no such file.
    """
    path = Path(model)
    if path.suffix or len(path.parts) > 1:
        if _is_file(path):
            return user_path(path)
        raise ModelError(f"model file {path} does not exist: check the path")
    named = models_folder() / f"{model}.onnx"
    if _is_file(named):
        return named
    known = ", ".join(model_names())
    raise ModelError(
        f"there is no model named '{model}': choose one of {known}, or give the path of an "
        "ONNX file"
    )


def _is_file(path: Path) -> bool:
    try:
        return user_path(path).is_file()
    except (OSError, ValueError):  # too long, a null byte
        return False
