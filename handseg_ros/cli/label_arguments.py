"""Options that tell how labels are to be understood."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse

from handseg_ros.datasets.label_options import LabelOptions, LabelOrientation, MaskValues


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `label_options`."""
    labels = parser.add_argument_group("how labels are read")
    labels.add_argument(
        "--mask-values",
        choices=[item.value for item in MaskValues],
        default=MaskValues.AUTO.value,
        help="what the values of masks are: all hands together (binary), or ids of single hands "
        "(default: found out, and told)",
    )
    labels.add_argument(
        "--label-orientation",
        choices=[item.value for item in LabelOrientation],
        default=LabelOrientation.AUTO.value,
        help="whether labels were drawn on pictures turned upright by their EXIF, or as they are "
        "stored (default: by the label's size; frames that it does not tell of are skipped)",
    )


def label_options(parsed: argparse.Namespace) -> LabelOptions:
    """Return what was parsed."""
    return LabelOptions(MaskValues(parsed.mask_values), LabelOrientation(parsed.label_orientation))
