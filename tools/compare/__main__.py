"""Compares all methods, writes the table: `python -m compare --data DATA --out build/compare`."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from compare.methods import METHODS
from compare.picture_sets import write_pictures
from compare.table import as_markdown, rows, write_into

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "assets" / "rendered_hands.png"
PAGE = ROOT / "docs" / "model.md"


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m compare", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and masks")
    parser.add_argument("--mediapipe", type=Path, help="a Python that has MediaPipe")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page with the table")
    options = parser.parse_args()
    pythons = {"package": sys.executable}
    if options.mediapipe and options.mediapipe.exists():
        pythons["mediapipe"] = str(options.mediapipe)
    _run([sys.executable, "-m", "compare.networks", str(options.out)])
    if not (options.out / "pictures").is_dir():
        write_pictures(options.data, options.out)
    for name, method in METHODS.items():
        if method.environment not in pythons:
            print(f"==> {name} is left out: pip could not bring what it needs")
        elif not (options.out / f"{name}.json").exists():
            print(f"==> {name}", flush=True)
            words = ["--pictures", str(options.out / "pictures"), "--frame", str(FRAME)]
            python = pythons[method.environment]
            _run([python, "-m", "compare.worker", name, *words, "--out", str(options.out)])
    table = as_markdown(list(rows(options.out)))
    print(table)
    write_into(options.page, table)
    return 0


def _run(command: list[str]) -> None:
    """Run one of this folder's programs; its network is one of the tests'."""
    folders = os.pathsep.join(str(ROOT / name) for name in ("tools", "test"))
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": folders})


if __name__ == "__main__":
    sys.exit(main())
