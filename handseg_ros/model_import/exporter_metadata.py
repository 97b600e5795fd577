"""What `handseg export` writes into its files, read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from handseg_ros.segmentation.description import COLOUR_ORDERS, STANDALONE_KEY, ColourOrder
from handseg_ros.segmentation.plain_yaml import PlainYamlError, read_plain_yaml


@dataclass(frozen=True)
class ExporterMetadata:
    """The colour order of an exported file's image, and the title and licence of its source."""

    colour: ColourOrder
    source: str
    licence: str

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> ExporterMetadata | None:
        """Return what a file's metadata say; None where another program wrote it."""
        try:
            known = read_plain_yaml(metadata.get(STANDALONE_KEY, ""))
            colour, source = known["input"]["colour"], known["source"]
            title = f"{source['name']} {source['version']}"
            licence = str(source["licence"])
        except (PlainYamlError, KeyError, TypeError):
            return None
        if colour not in COLOUR_ORDERS:
            return None
        order: ColourOrder = get_args(ColourOrder)[COLOUR_ORDERS.index(colour)]
        return cls(order, title, licence)
