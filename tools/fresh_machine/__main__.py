"""`make fresh-machine`: a minimal Debian, and the Dockerfile's steps in it, as root and not.

It wants root, for chroot and mounts, and mmdebstrap; it takes gigabytes and an hour or more.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fresh_machine.host import HostSettings, host_settings
from fresh_machine.machine import Machine, MachineError, follow, minimal_debian
from fresh_machine.steps import Stage, StepError, read_stages, with_bases

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("commands", "wheel", "runtime")


def main() -> int:
    """Command line; returns 0 only if every step of every stage ended well."""
    parser = argparse.ArgumentParser(prog="python -m fresh_machine", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="for roots and logs")
    parser.add_argument("--stages", nargs="+", default=STAGES, help="of the Dockerfile")
    parser.add_argument("--who", nargs="+", default=["handseg", "root"], help="the users")
    parser.add_argument("--tests", default="test", help="what `make test` takes as TESTS")
    given = parser.parse_args()
    # As on Ctrl-C, what runs in the fresh machine ends first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if os.geteuid() or not shutil.which("mmdebstrap"):
        print("fresh-machine: it wants root and mmdebstrap (apt install mmdebstrap)")
        return 1
    with Path(tempfile.gettempdir(), "handseg_fresh_machine.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("fresh-machine: another one is at work on this machine; wait for its end")
            return 1
        try:
            for who in given.who:
                arguments = {"WHO": who, "TESTS": given.tests}
                stages = read_stages(ROOT / "Dockerfile", arguments)
                _make(stages, given.stages, given.folder.absolute() / who)
        except (MachineError, StepError) as error:
            print(f"fresh-machine: {error}", file=sys.stderr)
            return 1
    return 0


def _make(stages: dict[str, Stage], wanted: list[str], folder: Path) -> None:
    """Make the wanted stages and those below them, each from a copy of its base's root."""
    folder.mkdir(parents=True, exist_ok=True)
    clone = folder / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], check=True)
    host = host_settings()
    made: dict[str, Machine] = {}
    for name in wanted:
        for stage in with_bases(stages, name):
            if stage.name not in made:
                begun = time.monotonic()
                made[stage.name] = _one(stage, made, folder, clone, host)
                took = time.monotonic() - begun
                print(f"{folder.name}: {stage.name} done in {took:.0f} s", flush=True)


def _one(
    stage: Stage, made: dict[str, Machine], folder: Path, clone: Path, host: HostSettings
) -> Machine:
    root, log = folder / stage.name, folder / f"{stage.name}.log"
    shutil.rmtree(root, ignore_errors=True)
    log.unlink(missing_ok=True)
    if stage.base in made:
        below = made[stage.base]
        subprocess.run(["cp", "-a", "--reflink=auto", str(below.root), str(root)], check=True)
        machine = Machine(root, log, host, below.user, below.folder, below.variables)
    else:
        minimal_debian(stage.base, root, log)
        machine = Machine(root, log, host)
    roots = {name: other.root for name, other in made.items()}
    return follow(machine, stage, clone, roots)


if __name__ == "__main__":
    sys.exit(main())
