"""The two parts of a fine-tuning's data: what is learned from, and what judges."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handseg_ros.curation.holding_out import hold_out
from handseg_ros.datasets.frames import Dataset
from handseg_ros.datasets.registry import open_dataset
from handseg_ros.datasets.subset import Subset
from handseg_ros.segmentation.errors import MediaError
from handseg_ros.training.data_sources import TrainingSet
from handseg_ros.training.finetuning.request import FineTuningRequest
from handseg_ros.training.labelled_samples import (
    LabelledSample,
    LabelledSamples,
    fingerprints,
    own_training_set,
    read_labelled,
)
from handseg_ros.training.run_record import DataRecord

# Of mixed-in sets, every so many-th sequence judges whether the model has forgotten.
_REMEMBERED_EVERY = 5
_FEWEST = 4


@dataclass(frozen=True)
class FineTuningData:
    """`training` are the pictures to learn from; no picture of `held_out` or of `remembered`, by
    which the model is judged, is among them. `remembered` is of the mixed-in sets, None without.
    """

    training: TrainingSet
    held_out: Dataset
    remembered: Dataset | None
    records: tuple[DataRecord, ...]
    names: tuple[tuple[str, ...], tuple[str, ...]]
    split_by: str
    notes: tuple[str, ...]


def read_data(request: FineTuningRequest, longest: int) -> FineTuningData:
    """Read and part the data; raises MediaError where they cannot serve.

    `longest` is the longest side in pixels that a picture to learn from keeps.
    """
    dataset = open_dataset(request.data, label_options=request.labels)
    samples = read_labelled(dataset, longest)
    notes = list(samples.notes())
    if request.held_out is None:
        split = hold_out(
            [item.key for item in samples.items],
            request.held_out_share,
            request.seed,
            request.split_by,
        )
        held_out: Dataset = Subset(dataset, split.held_out, f"{dataset.title}, held out")
        own, doubles = _without_doubles(samples, split.training, split.held_out)
        by: str = split.by
        notes += _split_notes(by, split.groups, len(own), len(split.held_out), doubles)
    else:
        held_out = open_dataset(request.held_out, label_options=request.labels)
        _check_apart(samples, held_out)
        own, by = samples.items, "another set"
    if len(own) < _FEWEST:
        raise MediaError(
            f"'{samples.title}' leaves {len(own)} pictures to learn from, and {_FEWEST} are the "
            "least: label more, or give --held-out SET so that none is held out"
        )
    if not any(item.has_hands for item in own):
        raise MediaError(
            f"no picture of '{samples.title}' that is left to learn from has a labelled hand: "
            "check the labels with handseg evaluate"
        )
    mixed = [read_labelled(open_dataset(path), longest) for path in request.mix]
    kept, remembered = _mixed(mixed, request.mix)
    return FineTuningData(
        own_training_set(own, kept),
        held_out,
        remembered,
        (_record(samples, "own"), *(_record(item, "mixed in") for item in mixed)),
        (tuple(item.key.name for item in own), tuple(_names(held_out, request))),
        by,
        tuple(notes),
    )


def _names(held_out: Dataset, request: FineTuningRequest) -> list[str]:
    return [request.held_out.name] if request.held_out else sorted(_subset_names(held_out))


def _subset_names(held_out: Dataset) -> frozenset[str]:
    return held_out.names if isinstance(held_out, Subset) else frozenset()


def _record(samples: LabelledSamples, use: str) -> DataRecord:
    return DataRecord(samples.title, use, len(samples.items), samples.digest())


def _split_notes(
    by: str, groups: tuple[int, int], training: int, held_out: int, doubles: int
) -> list[str]:
    if by == "order":
        told = [
            f"no person, source or sequence is told apart, so the last {held_out} pictures are "
            f"held out, and {training} learned from: where all are of one film, pictures of "
            "another (--held-out SET) judge more fairly"
        ]
    else:
        told = [
            f"{held_out} pictures of {groups[1]} {by}s are held out to judge by, {training} of "
            f"{groups[0]} others are learned from"
        ]
    if doubles:
        told.append(f"{doubles} pictures that are held out under another name: not learned from")
    return told


def _without_doubles(
    samples: LabelledSamples, training: tuple[str, ...], held_out: tuple[str, ...]
) -> tuple[tuple[LabelledSample, ...], int]:
    """Return the training part without pictures that are pixel for pixel held out as well."""
    names, held = frozenset(training), frozenset(held_out)
    judging = {item.fingerprint for item in samples.items if item.key.name in held}
    own = [item for item in samples.items if item.key.name in names]
    kept = tuple(item for item in own if item.fingerprint not in judging)
    return kept, len(own) - len(kept)


def _check_apart(samples: LabelledSamples, held_out: Dataset) -> None:
    shared = [name for name, print_ in fingerprints(held_out) if print_ in samples.fingerprints]
    if shared:
        raise MediaError(
            f"{len(shared)} pictures of '{held_out.title}' are in '{samples.title}' too, the first "
            f"is {shared[0]}: a model is not judged by what it learned from, so take them out of "
            "one of both"
        )


def _mixed(
    sets: list[LabelledSamples], paths: tuple[Path, ...]
) -> tuple[list[LabelledSample], Dataset | None]:
    """Return what is mixed in, and what of the first set tells whether the model forgets."""
    kept: list[LabelledSample] = []
    remembered: Dataset | None = None
    for index, (samples, path) in enumerate(zip(sets, paths, strict=True)):
        groups = sorted({_group(item) for item in samples.items})
        judging = frozenset(groups[::_REMEMBERED_EVERY]) if index == 0 and len(groups) > 1 else ()
        kept += [item for item in samples.items if _group(item) not in judging]
        names = [item.key.name for item in samples.items if _group(item) in judging]
        if names:
            remembered = Subset(open_dataset(path), names, f"{samples.title}, held out")
    return kept, remembered


def _group(item: LabelledSample) -> str:
    return item.key.sequence or item.key.name
