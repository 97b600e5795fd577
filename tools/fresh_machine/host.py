"""What a fresh machine takes over from this one: where packages come from, and nothing else.

pip's and apt's own settings are asked for each time, and live in the fresh machine's environment.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_PROXIES = re.compile(r"(https?|no|all)_proxy", re.IGNORECASE)
_LOCAL = re.compile(r"(?:file://)?(/\S+)")
# Where single files are shown: the fresh machine's own packages may write their usual places.
_FILES = Path("/run/host")


@dataclass
class HostSettings:
    """Variables for every command, and the paths of this machine that they name: source, place."""

    variables: dict[str, str] = field(default_factory=dict)
    shown: dict[Path, Path] = field(default_factory=dict)


def host_settings() -> HostSettings:
    """This machine's proxies and pip's settings, as variables that pip reads."""
    settings = HostSettings()
    settings.variables |= {k: v for k, v in os.environ.items() if _PROXIES.fullmatch(k)}
    for name, value in _pip_settings().items():
        settings.variables[name] = _LOCAL.sub(lambda found: _show(found, settings), value)
    for name in ("/etc/resolv.conf", "/etc/hosts"):
        settings.shown[Path(name)] = Path(name)
    return settings


def apt_options() -> list[str]:
    """This machine's proxies of apt, as lines of its configuration."""
    dumped = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    return [line for line in dumped.stdout.splitlines() if re.match(r"Acquire::.*Proxy", line)]


def _pip_settings() -> dict[str, str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    found = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2].upper().replace("-", "_")
        found[f"PIP_{name}"] = " ".join(str(ast.literal_eval(value)).split())
    return found


def _show(found: re.Match[str], settings: HostSettings) -> str:
    """Have a path shown, and return how it is named there; what is not there stays as it is."""
    path = Path(found[1])
    if path.is_file():
        settings.shown[path] = _FILES / path.name
        return found[0].replace(found[1], str(_FILES / path.name))
    if path.is_dir():
        # The pages of an index lead to files beside its own folder.
        top = path.parent if found[0].startswith("file:") else path
        settings.shown[top] = top
    return found[0]
