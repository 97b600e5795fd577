"""Write the pins of one ROS distribution: `python lock.py jazzy python3.10 python3.11 ...`.

pip resolves requirements/<name>.in anew with each of the given interpreters (dry run, nothing is
installed). Pins on which all agree are written bare, others with the Python versions they are for.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
# torch itself pins these where it is built for CUDA; where it is not, they must not be installed.
OF_TORCH = ("cuda-", "nvidia-", "triton")
Pins = dict[str, str]


def resolve(interpreter: str, requirements: Path) -> tuple[str, Pins]:
    """The interpreter's version (as 3.11) and the version of each distribution that pip chooses."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "venv")
        subprocess.run([interpreter, "-m", "venv", environment], check=True)
        pip = [str(environment / "bin" / "python"), "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", "--upgrade", "pip"], check=True)
        report = Path(folder, "report.json")
        choose = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", str(report)]
        subprocess.run([*pip, *choose, "-r", str(requirements)], check=True)
        content = json.loads(report.read_text())
    chosen = (entry["metadata"] for entry in content["install"])
    pins = {normal(entry["name"]): public(entry["version"]) for entry in chosen}
    wanted = {name: pins[name] for name in pins if not name.startswith(OF_TORCH)}
    return content["environment"]["python_version"], wanted


def normal(name: str) -> str:
    """A distribution's name as PyPI compares names."""
    return re.sub("[-_.]+", "-", name).lower()


def public(version: str) -> str:
    """A version without its local label: 2.13.0+cpu becomes 2.13.0, which PyPI has too."""
    return version.partition("+")[0]


def lines(resolved: dict[str, Pins]) -> list[str]:
    """Requirement lines that give every interpreter its own pins."""
    versions: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for python, pins in resolved.items():
        for name, version in pins.items():
            versions[name][version].append(python)
    written = []
    for name in sorted(versions):
        for version, pythons in versions[name].items():
            marker = " or ".join(f'python_version == "{python}"' for python in pythons)
            everywhere = len(pythons) == len(resolved)
            written.append(f"{name}=={version}" + ("" if everywhere else f" ; {marker}"))
    return written


def main() -> int:
    name, *interpreters = sys.argv[1:]
    resolved = {}
    for interpreter in interpreters:
        print(f"resolving {name} with {interpreter}", flush=True)
        python, pins = resolve(interpreter, FOLDER / f"{name}.in")
        resolved[python] = pins
    header = f"# Pins of requirements/{name}.in, written by requirements/lock.py\n"
    (FOLDER / f"{name}.txt").write_text(header + "\n".join(lines(resolved)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
