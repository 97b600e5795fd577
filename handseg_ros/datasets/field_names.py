"""Fields of this project's own in other people's formats: in COCO's and labelme's files alike."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

# Of an image: SOURCE and PERSON are tags too, to break figures down by.
SOURCE, SEQUENCE, PERSON, TAGS = "source", "sequence", "person", "tags"
# Of an image: the file_name of the same view without hands, another image of the file.
BACKGROUND = "background"
# On what an image's label was drawn.
ORIENTATION, UPRIGHT = "label_orientation", "upright"
# Of an image: labels in its file that are no hands and no objects, as somebody saw who labelled it.
OTHER_LABELS = "other_labels"
# Of an area; some of its attributes have names of their own.
ATTRIBUTES = "attributes"
SIDE, TRACK, CROWD, TOGETHER = "side", "track_id", "iscrowd", "all_hands_together"
