"""`make bench-node`: the node's speed against its network, the obvious node and another network.

Camera, node and robot are processes of their own on this machine, with DDS between them. The table
goes to the terminal, every figure by a flat key to out/bench.json. docs/performance.md tells what
each key means and what was found. Figures of one run belong together: compare no others.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from handseg_ros.nodes.own_domain import claim_domain

# Set before ROS starts: only this machine, and a domain of the benchmark's own.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(claim_domain())
# As the launch files do: whole images go through shared memory.
os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = str(
    Path(__file__).resolve().parents[1] / "config" / "fastdds.xml"
)

import stages
import streams
from camera import COMPRESSED
from scenes import picture_with
from seed_network import write_seed_network
from streams import EVERYTHING, METRES, OBVIOUS, Outcome, Setup
from tqdm import tqdm

from handseg_ros.nodes.malloc_tuning import tune_malloc
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.segmenter import Segmenter

SIZES = ((640, 480), (1280, 720), (1920, 1080))
SMALL = "640x480"
INPUTS = ((288, 224), (256, 192))  # of the network, smaller than its own
FLOOD = 120.0  # images a second, more than the node answers
SLOW = 8.0  # images a second that the obvious node answers too
SEED_RATE = 1.0
DROPPED = ("dropped_for_newer", "bad", "failed", "without_background")


@dataclass
class Figures:
    """All figures so far, by key, and the bar that shows how far it is."""

    bar: tqdm
    values: dict[str, float] = field(default_factory=dict)

    def run(self, setup: Setup) -> Outcome:
        """Run one setup and move the bar."""
        outcome = streams.run(setup)
        self.bar.update()
        return outcome


def measure_size(figures: Figures, width: int, height: int, bare: float) -> None:
    """One camera's size: times at 30 images a second, raw and compressed, and a flood."""
    size, values = f"{width}x{height}", figures.values
    base = Setup(width=width, height=height)
    for suffix, setup in (
        ("", base),
        ("_overlay", replace(base, outputs=EVERYTHING)),
        ("_compressed", replace(base, transport=COMPRESSED)),
    ):
        outcome = figures.run(setup)
        values[f"node_over_session{suffix}_{size}"] = outcome.own("latency_median_ms") / bare
        values[f"inference_over_session{suffix}_{size}"] = outcome.own("inference_median_ms") / bare
        values[f"median_stamp_to_mask_ms{suffix}_{size}"] = outcome.latency[0]
        values[f"p95_stamp_to_mask_ms{suffix}_{size}"] = outcome.latency[1]
        values[f"answered_of_30_fps{suffix}_{size}"] = outcome.rate
        values[f"cpu_ms_per_frame{suffix}_{size}"] = outcome.cpu
        values[f"memory_mib{suffix}_{size}"] = outcome.memory
    outcome = figures.run(replace(base, outputs=EVERYTHING, rate=FLOOD))
    values[f"sustained_fps_{size}"] = outcome.rate
    values[f"p95_stamp_to_mask_ms_flood_{size}"] = outcome.latency[1]
    values[f"unaccounted_images_{size}"] = _unaccounted(outcome)
    values[f"lost_before_node_{size}"] = outcome.sent - outcome.own("frames_received")


def _unaccounted(outcome: Outcome) -> float:
    """Return how many images came to the node of which it does not tell what became."""
    told = outcome.own("frames_answered") + sum(outcome.own(f"frames_{name}") for name in DROPPED)
    return outcome.own("frames_received") - told


def measure_variants_of_size(figures: Figures, width: int, height: int) -> None:
    """What the number of hands and of the network's threads changes."""
    size, values = f"{width}x{height}", figures.values
    base = Setup(width=width, height=height)
    for hands in (1, 4):
        outcome = figures.run(replace(base, hands=hands))
        values[f"p95_stamp_to_mask_ms_hands_{hands}_{size}"] = outcome.latency[1]
        values[f"overhead_ms_hands_{hands}_{size}"] = outcome.own("overhead_median_ms")
    outcome = figures.run(replace(base, threads=2))
    values[f"p95_stamp_to_mask_ms_threads_2_{size}"] = outcome.latency[1]
    values[f"cpu_ms_per_frame_threads_2_{size}"] = outcome.cpu
    outcome = figures.run(replace(base, outputs=EVERYTHING, rate=FLOOD, threads=2))
    values[f"sustained_fps_threads_2_{size}"] = outcome.rate


def measure_smaller_networks(figures: Figures, bare: float) -> None:
    """What smaller inputs of the network and the smaller model bring, at 640x480."""
    values, picture = figures.values, picture_with(2, 640, 480)
    flood = Setup(outputs=EVERYTHING, rate=FLOOD)
    for width, height in INPUTS:
        small = Segmenter.load(ModelOptions("hands", input_width=width, input_height=height))
        name = f"input_{width}x{height}"
        values[f"session_over_session_{name}"] = stages.bare_inference(small, picture) / bare
        outcome = figures.run(replace(flood, input_size=(width, height)))
        values[f"sustained_fps_{name}_{SMALL}"] = outcome.rate
    outcome = figures.run(replace(flood, model="hands_fast"))
    values[f"sustained_fps_hands_fast_{SMALL}"] = outcome.rate


def measure_variants(figures: Figures) -> None:
    """What listeners and another way to write the node change, at 640x480."""
    values, base = figures.values, Setup()
    slow = replace(base, outputs=EVERYTHING, rate=SLOW)
    ours, obvious = figures.run(slow), figures.run(replace(slow, node=OBVIOUS))
    values[f"obvious_over_node_{SMALL}"] = obvious.latency[0] / ours.latency[0]
    values[f"obvious_over_node_cpu_{SMALL}"] = obvious.cpu / ours.cpu
    idle = figures.run(replace(base, outputs=()))
    values["idle_cpu_percent"] = 100.0 * idle.cpu_share


def measure_depth(figures: Figures) -> None:
    """What positions, and all outputs in metres, add to hands and masks, at 640x480.

    `cpu` is the whole node's processor time for a frame, reception of depth included.
    """
    base = Setup()
    without = figures.run(base)
    for name, outputs in (("positions", base.outputs), ("metres", METRES)):
        outcome = figures.run(replace(base, depth=True, outputs=outputs))
        more = outcome.own("overhead_median_ms") - without.own("overhead_median_ms")
        figures.values[f"more_overhead_ms_{name}_{SMALL}"] = more
        figures.values[f"more_cpu_ms_{name}_{SMALL}"] = outcome.cpu - without.cpu


def measure_without_profile(figures: Figures) -> None:
    """What reaches the robot where Fast DDS is left as it comes."""
    with streams.without_profile():
        for width, height in SIZES:
            outcome = figures.run(Setup(width=width, height=height, outputs=EVERYTHING))
            size = f"{width}x{height}"
            figures.values[f"answered_of_30_fps_without_profile_{size}"] = outcome.rate


def measure_seed_network(figures: Figures, inference: float) -> None:
    """DeepLabV3-ResNet50 at 256x256 in our own node, over the default network there."""
    with tempfile.TemporaryDirectory() as folder:
        model = str(write_seed_network(Path(folder)))
        outcome = figures.run(Setup(model=model, rate=SEED_RATE, seconds=12.0))
    figures.values["seed_network_over_default"] = outcome.own("inference_median_ms") / inference


def measure_stages(figures: Figures, segmenter: Segmenter) -> None:
    """The stages of a frame's path with two hands, at every size, in milliseconds."""
    for width, height in SIZES:
        for stage in stages.measure(width, height, 2, segmenter):
            figures.values[f"stage_{stage.name}_ms_{width}x{height}"] = stage.median
            figures.values[f"stage_{stage.name}_p95_ms_{width}x{height}"] = stage.late
        figures.bar.update()


def main() -> int:
    """Measure all, print the table and write the file; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("out/bench.json"))
    arguments = parser.parse_args()
    tune_malloc()  # as the node does
    segmenter = Segmenter.load("hands")
    bare = stages.bare_inference(segmenter, picture_with(2, 640, 480))
    runs = len(SIZES) * (4 + 4 + 2) + len(INPUTS) + 1 + 3 + 3 + 1
    with tqdm(total=runs, desc="bench", unit="run") as bar:
        figures = Figures(bar, {"session_ms": bare})
        measure_stages(figures, segmenter)
        for width, height in SIZES:
            measure_size(figures, width, height, bare)
            measure_variants_of_size(figures, width, height)
        measure_smaller_networks(figures, bare)
        measure_variants(figures)
        measure_depth(figures)
        measure_without_profile(figures)
        measure_seed_network(figures, bare * figures.values[f"inference_over_session_{SMALL}"])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(figures.values, indent=1, sort_keys=True) + "\n")
    print("| figure | value |\n|---|---|")
    for key, value in figures.values.items():
        print(f"| `{key}` | {value:.3g} |")
    print(f"\nwritten to {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
