"""`make dist`: builds sdist and wheels, checks them, tries each wheel in a fresh environment."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from release.builds import PYTHONS, Interpreter, ReleaseError, build_sdist, build_wheel, interpreter
from release.tags import tag_wheel
from release.trials import check_descriptions, check_requirements, try_wheel


def main() -> int:
    """Command line; returns 0 only if every Python and distribution has a wheel that works."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--work", type=Path, required=True, help="folder for logs and trials")
    parser.add_argument("--packer", type=Path, required=True, help="a Python that packs the sdist")
    parser.add_argument("--distributions", nargs="+", required=True, help="of ROS: jazzy kilted")
    parser.add_argument("--pythons", nargs="+", required=True, help="interpreters to build with")
    given = parser.parse_args()
    try:
        pythons = [interpreter(program) for program in given.pythons]
        out, work = given.out.absolute(), given.work.absolute()
        for folder in (out, work):
            shutil.rmtree(folder, ignore_errors=True)
        sdist = build_sdist(given.packer, out)
        print(f"{sdist}", flush=True)
        return _release(sdist, work, given.distributions, pythons)
    except ReleaseError as error:
        print(f"dist: {error}", file=sys.stderr)
        return 1


def _release(sdist: Path, work: Path, names: list[str], pythons: list[Interpreter]) -> int:
    wheels = [
        _one(sdist, python, name, sdist.parent / name, work / f"{name}-{python.version}")
        for name in names
        for python in pythons
    ]
    check_descriptions([sdist, *wheels], [sys.executable, "-m", "twine"])
    print("twine check: passed")
    missing = sorted(set(PYTHONS) - {python.version for python in pythons})
    if missing:
        print(f"dist: no wheels for Python {', '.join(missing)}, which was not given or found")
    return int(bool(missing))


def _one(sdist: Path, python: Interpreter, name: str, out: Path, work: Path) -> Path:
    begun = time.monotonic()
    built = tag_wheel(build_wheel(sdist, python, name, work))
    check_requirements(built, name)
    between = time.monotonic()
    try_wheel(built, python, work)
    out.mkdir(parents=True, exist_ok=True)
    wheel = Path(shutil.copy2(built, out / built.name))
    took = f"built in {between - begun:.0f} s, tried in {time.monotonic() - between:.0f} s"
    print(f"{wheel} ({wheel.stat().st_size / 1e6:.1f} MB): {took}", flush=True)
    return wheel


if __name__ == "__main__":
    sys.exit(main())
