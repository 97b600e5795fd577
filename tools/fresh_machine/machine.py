"""Root folders of fresh machines, and commands in them.

Each command has namespaces of its own for mounts, processes and IPC: what is mounted for it goes
when it ends, however it ends. The network is this machine's, as packages come through it.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from fresh_machine.host import HostSettings, apt_options
from fresh_machine.steps import Stage, Step, StepError

_MOUNTS = """
set -e
mount -t proc proc "$ROOT/proc"
mount --bind /dev "$ROOT/dev"
mount --bind /dev/pts "$ROOT/dev/pts"
mount -t tmpfs tmpfs "$ROOT/dev/shm"
"""


class MachineError(Exception):
    """A step that failed in the fresh machine; the text names it and where its words are."""


@dataclass(frozen=True)
class Machine:
    """A root folder, and who works where in it."""

    root: Path
    log: Path
    host: HostSettings
    user: str = "root"
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> None:
        """Run a line of shell as the user; MachineError where it fails."""
        own = {"HOME": self._home(), "USER": self.user, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        own |= {"DEBIAN_FRONTEND": "noninteractive", **self.host.variables, **self.variables}
        words = ["env", "-i", *(f"{name}={value}" for name, value in own.items())]
        words += ["sh", "-ec", f"cd {shlex.quote(self.folder)}\n{command}"]
        entered = shlex.join(["chroot", f"--userspec={self.user}", str(self.root), *words])
        script = f"ROOT={shlex.quote(str(self.root))}{_MOUNTS}{self._shown()}{entered} || exit $?"
        # The shell stays as the first process: one that becomes another user outlives unshare.
        isolated = ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"]
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"$ {command}\n")
            file.flush()
            done = subprocess.run(
                [*isolated, "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                check=False,
            )
        if done.returncode:
            raise MachineError(f"'{command}' ended with code {done.returncode}, see {self.log}")

    def _home(self) -> str:
        """The user's home by the machine's own /etc/passwd (passwd(5)): the sixth field."""
        lines = (self.root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()
        entries = (line.split(":") for line in lines)
        return next(entry[5] for entry in entries if entry[0] == self.user)

    def _shown(self) -> str:
        lines = []
        for source, place in self.host.shown.items():
            target = self.root / str(place).lstrip("/")
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
            bound = shlex.join(["mount", "--bind", "-o", "ro", str(source), str(target)])
            lines.append(f"{bound}\n")
        return "".join(lines)


def minimal_debian(image: str, root: Path, log: Path) -> None:
    """Make the root folder that a Docker image such as `debian:bookworm-slim` stands for."""
    suite = image.partition(":")[2].removesuffix("-slim")
    if not image.startswith("debian:") or not suite:
        raise StepError(f"'{image}' is no Debian, so mmdebstrap cannot make it")
    options = [word for line in apt_options() for word in ("--aptopt", line)]
    with log.open("a", encoding="utf-8") as file:
        done = subprocess.run(
            ["mmdebstrap", "--variant=minbase", *options, suite, str(root)],
            stdout=file,
            stderr=file,
            check=False,
        )
    if done.returncode:
        raise MachineError(f"mmdebstrap ended with code {done.returncode}, see {log}")


def follow(machine: Machine, stage: Stage, clone: Path, roots: dict[str, Path]) -> Machine:
    """Follow a stage's steps, and return who works where after them."""
    machine = replace(machine, variables={**machine.variables, **stage.arguments})
    for step in stage.steps:
        machine = _follow_one(machine, step, clone, roots)
    return machine


def _follow_one(machine: Machine, step: Step, clone: Path, roots: dict[str, Path]) -> Machine:
    if step.word == "RUN":
        machine.run(step.text)
    elif step.word == "USER":
        return replace(machine, user=step.text)
    elif step.word == "WORKDIR":
        replace(machine, user="root", folder="/").run(f"mkdir -p {step.text}")
        return replace(machine, folder=step.text)
    elif step.word == "ENV":
        name, _, value = step.text.partition("=")
        return replace(machine, variables={**machine.variables, name: value})
    elif step.word == "COPY":
        _copy(machine, step.text.split(), clone, roots)
    return machine


def _copy(machine: Machine, words: list[str], clone: Path, roots: dict[str, Path]) -> None:
    """As Docker does: what is copied gets the owner, the folder that it is copied into does not."""
    *options, source, target = words
    given = dict(option.removeprefix("--").split("=", 1) for option in options)
    start = roots[given["from"]] / source.lstrip("/") if "from" in given else clone / source
    place = Path(machine.folder, target)
    inside = machine.root / str(place).lstrip("/")
    shutil.copytree(start, inside, symlinks=True, dirs_exist_ok=True)
    owned = shlex.join(["chown", "-R", given.get("chown", "root")])
    names = shlex.join(sorted(entry.name for entry in start.iterdir()))
    replace(machine, user="root", folder=str(place)).run(f"{owned} -- {names}")
