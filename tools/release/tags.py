"""Which Linux a wheel is for: checks its libraries against a manylinux policy, and says so.

auditwheel itself would refuse the wheel: its libraries' libraries come with other wheels, and lie
in <prefix>/lib. Its table of versioned symbols holds for them all the same.
Policy: PEP 600; table: auditwheel's manylinux-policy.json.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from zipfile import ZipFile

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from release.builds import ReleaseError

# That of ROS's own wheels, which the wheel requires.
POLICY = "manylinux_2_28"
_MACHINE = "x86_64"


def tag_wheel(wheel: Path) -> Path:
    """Rename a wheel of this machine to one for all that POLICY is for; return the new path.

    ReleaseError where a library asks for a symbol that the oldest of those lacks.
    """
    allowed = _allowed()
    for library, symbol in _needed_symbols(wheel):
        family, _, version = symbol.rpartition("_")
        if version not in allowed.get(family, ()):
            raise ReleaseError(
                f"{wheel.name}: {library} needs {symbol}, which {POLICY} lacks: "
                "build on an older system"
            )
    words = ["wheel", "tags", "--remove", "--platform-tag", f"{POLICY}_{_MACHINE}", str(wheel)]
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReleaseError(f"{wheel.name} cannot be tagged: {done.stderr.strip()}")
    return wheel.with_name(done.stdout.strip())


def _allowed() -> dict[str, list[str]]:
    """The versions of each family of symbols, as `{"GLIBC": ["2.14", …]}`."""
    text = resources.files("auditwheel.policy").joinpath("manylinux-policy.json").read_text()
    (policy,) = (entry for entry in json.loads(text) if entry["name"] == POLICY)
    found: dict[str, list[str]] = policy["symbol_versions"][_MACHINE]
    return found


def _needed_symbols(wheel: Path) -> Iterator[tuple[str, str]]:
    """The wheel's libraries, each with the versioned symbols that others must have."""
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith(".so"):
                continue
            sections = ELFFile(io.BytesIO(archive.read(name))).iter_sections(type="SHT_GNU_verneed")
            for section in sections:
                assert isinstance(section, GNUVerNeedSection)
                for _, versions in section.iter_versions():
                    yield from ((name, version.name) for version in versions)
