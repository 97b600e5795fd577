"""Guards that import detects colours from several pictures; `make bench-looks` has the grid."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import cv2
from support.assets import PICTURE
from support.disguised import disguise

from handseg_ros.model_import.colour_config import ColourConfig
from handseg_ros.model_import.foreign_model import describe_foreign
from handseg_ros.model_import.overrides import Overrides
from handseg_ros.model_import.samples import package_samples


def test_a_network_of_caffe_s_look_is_known_by_its_masks_and_close_ones_are_told(
    tmp_path: Path,
) -> None:
    colour_config = ColourConfig.usual("BGR", "caffe")
    description = colour_config.fields()
    statistics = description["mean"], description["std"]
    file = disguise(tmp_path / "foreign.onnx", colour="BGR", scale=1.0, statistics=statistics)
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    more = tuple(package_samples())
    assert len(more) == 8
    model = describe_foreign(file, picture, Overrides(licence="MIT"), more=more)
    assert str(model.chosen.colour_config) == "BGR:caffe"
    assert len(model.chosen.scores) == 9
    (warning,) = [text for text in model.warnings if "are not certain" in text] or [""]
    assert ("BGR:none" in warning) == bool(warning)
    assert ("--look" in warning) == bool(warning)
