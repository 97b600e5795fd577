"""The formats that data sets are converted from, each by its name."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg_ros.datasets.conversion.formats.coco import open_coco_instances
from handseg_ros.datasets.conversion.formats.cvat import open_cvat
from handseg_ros.datasets.conversion.formats.egohands import open_egohands
from handseg_ros.datasets.conversion.formats.egohos import open_egohos
from handseg_ros.datasets.conversion.formats.frame_background import open_frame_background
from handseg_ros.datasets.conversion.formats.freihand import open_freihand
from handseg_ros.datasets.conversion.formats.hgr1 import open_hgr1
from handseg_ros.datasets.conversion.formats.ho3d import open_ho3d
from handseg_ros.datasets.conversion.formats.label_studio import open_label_studio
from handseg_ros.datasets.conversion.formats.labelled_sets import (
    open_labelme_set,
    open_masks,
    open_rendered_set,
)
from handseg_ros.datasets.conversion.formats.oxford_hands import open_oxford_hands
from handseg_ros.datasets.conversion.formats.pascal_part import open_pascal_part
from handseg_ros.datasets.conversion.formats.recorded import (
    bag_recordings,
    open_bag_set,
    open_video_set,
    video_recordings,
)
from handseg_ros.datasets.conversion.formats.rendered_handpose import open_rendered_handpose
from handseg_ros.datasets.conversion.formats.yolo import open_yolo_boxes, open_yolo_segments
from handseg_ros.datasets.conversion.member import Recording, SourceSet
from handseg_ros.datasets.conversion.options import ConversionOptions
from handseg_ros.datasets.conversion.recordings import joined_recordings
from handseg_ros.segmentation.errors import MediaError

OpenSource = Callable[[Path, ConversionOptions], SourceSet]
FindRecordings = Callable[[Path, ConversionOptions], list[Recording]]


@dataclass(frozen=True)
class SourceFormat:
    """One format: its name for `--format`, what is given of it, and what opens it.

    `open` raises MediaError where the path is no data set of the format. `names_labels` says that
    its labels are names of the user's own choice. `recordings` finds those at a path, of a format
    of which several paths can be one set, and raises MediaError too.
    """

    name: str
    given: str
    open: OpenSource
    names_labels: bool = False
    recordings: FindRecordings | None = None


# One more format is one more line here, and a row in docs/data.md.
FORMATS = (
    SourceFormat("egohands", "EgoHands: the folder with metadata.mat", open_egohands),
    SourceFormat("freihand", "FreiHAND: the folder with training/", open_freihand),
    SourceFormat("ho3d", "HO-3D: the folder with train/", open_ho3d),
    SourceFormat("egohos", "EgoHOS: the folder with train/, val/ and more", open_egohos),
    SourceFormat("rhd", "Rendered Handpose: the folder with training/", open_rendered_handpose),
    SourceFormat("hgr1", "HGR1: the folder with original_images/", open_hgr1),
    SourceFormat(
        "oxford-hands", "Oxford hands: the folder of training_dataset/", open_oxford_hands
    ),
    SourceFormat("pascal-part", "PASCAL-Part: Annotations_Part/ by JPEGImages/", open_pascal_part),
    SourceFormat("coco", "COCO, COCO-WholeBody: the file or its folder", open_coco_instances, True),
    SourceFormat("labelme", "labelme: the folder of its JSON files", open_labelme_set),
    SourceFormat("cvat", "CVAT for images 1.1: the folder of annotations.xml", open_cvat, True),
    SourceFormat(
        "label-studio", "Label Studio: the file of a JSON export", open_label_studio, True
    ),
    SourceFormat("yolo", "YOLO's boxes: the folder of data.yaml", open_yolo_boxes, True),
    SourceFormat("yolo-seg", "YOLO's polygons: the folder of data.yaml", open_yolo_segments, True),
    SourceFormat("masks", "pictures and masks: the folder with images/ and masks/", open_masks),
    SourceFormat(
        "frame-background", "the folder of set0/, set1/ and more", open_frame_background, True
    ),
    SourceFormat("rendered", "rendered scenes: images/, ids/ and facts/", open_rendered_set),
    SourceFormat(
        "bag",
        "rosbags with masks in topics of their own, or a folder of them",
        open_bag_set,
        recordings=bag_recordings,
    ),
    SourceFormat(
        "video",
        "a video and --masks, or the folder with videos/ and masks/",
        open_video_set,
        recordings=video_recordings,
    ),
)


def format_named(name: str) -> SourceFormat:
    """Return the format of a name that is one of `FORMATS`."""
    return next(item for item in FORMATS if item.name == name)


def open_source_set(paths: Sequence[Path], name: str, options: ConversionOptions) -> SourceSet:
    """Return the data set at a path, of the format of a name, or recordings at several as one.

    Raises MediaError.
    """
    if missing := next((path for path in paths if not path.exists()), None):
        raise MediaError(f"the data set '{missing}' does not exist: check its path")
    wanted, resolved = format_named(name), [path.resolve() for path in paths]
    if len(paths) == 1:
        return wanted.open(resolved[0], options)
    if wanted.recordings is None:
        raise MediaError(
            f"only recordings can be converted together, and --format {name} has none: convert "
            f"'{paths[1]}' into another folder"
        )
    found = [item for path in resolved for item in wanted.recordings(path, options)]
    return joined_recordings(f"{resolved[0].name} and {len(paths) - 1} more", found)
