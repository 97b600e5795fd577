"""How a labelled set is read, in words that tell whether another run goes on with the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from handseg_ros.datasets.bag.options import BagOptions
from handseg_ros.datasets.label_options import LabelOptions


def reading_facts(
    sources: Sequence[Path], labels: LabelOptions, bag: BagOptions, out: Path
) -> dict[str, str]:
    """Return where a set lies and what is chosen of its labels and topics, '' for nothing.

    Paths are told from where the folder `out` lies.
    """
    truth = bag.ground_truth
    return {
        "source": ", ".join(path_beside(out, path) for path in sources),
        "mask_values": labels.mask_values.value,
        "label_orientation": labels.orientation.value,
        "topic": bag.topic or "",
        "masks": "" if bag.masks is None else path_beside(out, bag.masks),
        "truth_masks": truth.masks or "",
        "truth_hands": truth.hands or "",
        "truth_objects": truth.objects or "",
    }


def path_beside(out: Path, path: Path) -> str:
    """Return a path from where the folder `out` lies, so that no home folder is told with it."""
    return Path(os.path.relpath(path.absolute(), out.absolute().parent)).as_posix()
