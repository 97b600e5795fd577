"""Lets the pages' links to files outside of docs/ work on the site, which gets copies of these.

In a checkout such a link leads to the file itself: `../examples/grasp_filter.py`.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[2]
# Where the site has them.
COPIES = "source"
_LINK = re.compile(r"(?<=\]\()((?:\.\./)+[^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the files that pages link to."""
    docs = Path(config["docs_dir"])
    wanted = {
        outside
        for file in files.documentation_pages()
        for link in _LINK.findall(file.content_string)
        if (outside := _outside(docs / file.src_uri, link, docs))
    }
    for path in sorted(wanted):
        files.append(
            File.generated(
                config,
                f"{COPIES}/{path}",
                content=(ROOT / path).read_bytes(),
                inclusion=InclusionLevel.NOT_IN_NAV,
            )
        )
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead the links to the copies."""
    docs = Path(config["docs_dir"])
    here = docs / page.file.src_uri

    def copied(found: re.Match[str]) -> str:
        outside = _outside(here, found[1], docs)
        return os.path.relpath(docs / COPIES / outside, here.parent) if outside else found[1]

    return _LINK.sub(copied, markdown)


def _outside(page: Path, link: str, docs: Path) -> str:
    """Return the path below the root of a file outside of docs/, empty for any other link."""
    target = (page.parent / link).resolve()
    if target.is_relative_to(docs.resolve()) or not target.is_file():
        return ""
    return target.relative_to(ROOT).as_posix()
