"""The parameters of hand_segmentation_node, and their values as one typed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handseg_ros.nodes.depth.input import DepthOptions
from handseg_ros.nodes.depth.synchronizer import SyncTolerances
from handseg_ros.nodes.input.adaptive_subscription import AUTO as AUTO_RELIABILITY
from handseg_ros.nodes.input.adaptive_subscription import BEST_EFFORT, RELIABLE
from handseg_ros.nodes.input.image_input import COMPRESSED, RAW, ImageInputOptions
from handseg_ros.nodes.outputs.segmented_frame import SpatialOptions
from handseg_ros.nodes.parameters import ParameterSpec
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.overlay import OverlayMode
from handseg_ros.segmentation.providers import AUTO, AUTO_ORDER, PROVIDERS
from handseg_ros.segmentation.segmenter import Segmenter

OWN = -1.0

SPECS = (
    ParameterSpec(
        "model",
        DEFAULT_MODEL,
        "The network: a name from the package's models, or the path of an ONNX file",
    ),
    ParameterSpec(
        "provider",
        AUTO,
        f"What runs the network; auto takes the first installed of {', '.join(AUTO_ORDER)}",
        choices=(AUTO, *PROVIDERS),
    ),
    ParameterSpec(
        "require_provider",
        False,
        "Whether a provider that does not run is an error; else the CPU runs, with a warning",
    ),
    ParameterSpec(
        "threads", 1, "CPU threads inside the network's operators", minimum=1, maximum=64
    ),
    ParameterSpec(
        "input_width",
        0,
        "Width of the network's input; 0 takes the model's own",
        minimum=0,
        maximum=4096,
        unit="pixels",
    ),
    ParameterSpec(
        "input_height",
        0,
        "Height of the network's input; 0 takes the model's own",
        minimum=0,
        maximum=4096,
        unit="pixels",
    ),
    ParameterSpec(
        "overlay_mode",
        OverlayMode.INSTANCES.value,
        "How the overlay draws the hands; none leaves the image as it came",
        choices=tuple(mode.value for mode in OverlayMode),
    ),
    ParameterSpec(
        "score_threshold",
        OWN,
        "Least score of a hand that is reported; a negative value takes the model's own",
        minimum=-1.0,
        maximum=1.0,
    ),
    ParameterSpec(
        "mask_threshold",
        OWN,
        "Probability from which a pixel is hand; a negative value takes the model's own",
        minimum=-1.0,
        maximum=0.99,
    ),
    ParameterSpec(
        "minimum_area",
        OWN,
        "Smallest hand reported, as a share of the image; a negative value takes the model's own",
        minimum=-1.0,
        maximum=1.0,
    ),
    ParameterSpec(
        "image_transport",
        RAW,
        "raw listens to image (sensor_msgs/Image), compressed to image/compressed",
        choices=(RAW, COMPRESSED),
    ),
    ParameterSpec(
        "input_reliability",
        AUTO_RELIABILITY,
        "Reliability of the subscriptions; auto follows the publishers that are there",
        choices=(AUTO_RELIABILITY, RELIABLE, BEST_EFFORT),
    ),
    ParameterSpec(
        "significant_bits",
        0,
        "How many of 16 bits the images' values use, as 12 for a 12-bit camera on mono16; 0 takes "
        "8, 10, 12 or 16, by the largest value so far",
        minimum=0,
        maximum=16,
    ),
    ParameterSpec(
        "lazy", True, "Whether the camera is left alone while nobody listens to any output"
    ),
    ParameterSpec(
        "stale_timeout",
        1.0,
        "Time without an image after which diagnostics say STALE",
        minimum=0.1,
        maximum=3600.0,
        unit="seconds",
    ),
    ParameterSpec("track", True, "Whether hands keep a number from frame to frame"),
    ParameterSpec(
        "track_memory",
        1.0,
        "How long a hand that is not found keeps its number",
        minimum=0.1,
        maximum=60.0,
        unit="seconds",
    ),
    ParameterSpec(
        "depth",
        False,
        "Whether depth and camera_info are listened to, for positions, points and markers",
    ),
    ParameterSpec(
        "depth_tolerance",
        0.0,
        "How far the stamps of an image and its depth may be apart; 0 takes equal ones only",
        minimum=0.0,
        maximum=1.0,
        unit="seconds",
    ),
    ParameterSpec(
        "depth_wait",
        0.1,
        "How long an image waits for its depth; then it is answered without positions",
        minimum=0.0,
        maximum=5.0,
        unit="seconds",
    ),
    ParameterSpec(
        "keep_out_distance",
        0.04,
        "How far ~/keep_out reaches around a hand whose depth is known",
        minimum=0.0,
        maximum=1.0,
        unit="metres",
    ),
    ParameterSpec(
        "keep_out_pixels",
        40.0,
        "How far it reaches around a hand whose depth is not known",
        minimum=0.0,
        maximum=1000.0,
        unit="pixels",
    ),
    ParameterSpec(
        "voxel_size",
        0.0,
        "Side of the cubes in each of which ~/points and ~/object_points have one point at most; "
        "0 leaves all points",
        minimum=0.0,
        maximum=1.0,
        unit="metres",
    ),
    ParameterSpec(
        "repeat_last_period",
        0.0,
        "Time without an answer after which the last known hands are published again, and again; "
        "0 never does",
        minimum=0.0,
        maximum=60.0,
        unit="seconds",
    ),
    ParameterSpec(
        "background_file",
        "",
        "Where the background is kept as PNG, for models that compare with one; empty for "
        "$ROS_HOME/handseg_ros/<fully qualified node name>.png",
    ),
    ParameterSpec(
        "autostart",
        True,
        "Whether the node configures and activates itself; else a lifecycle manager does",
        read_only=True,
    ),
)


def is_refused(values: Mapping[str, Any]) -> bool:
    """Return whether any of these values, by parameter name, is not allowed by `SPECS`."""
    return any(spec.name in values and spec.refusal(values[spec.name]) for spec in SPECS)


@dataclass(frozen=True)
class ModelChoice:
    """The parameters that need the network to be loaded again when they change."""

    model: str
    provider: str
    require_provider: bool
    threads: int
    input_width: int
    input_height: int

    def load(self) -> Segmenter:
        """Load the network; raises ModelError."""
        return Segmenter.load(
            self.model,
            provider=self.provider,
            require_provider=self.require_provider,
            threads=self.threads,
            input_width=self.input_width,
            input_height=self.input_height,
        )


@dataclass(frozen=True)
class Settings:
    """All parameters' values at one moment; `depth` is None where depth is off."""

    model: ModelChoice
    input: ImageInputOptions
    overlay_mode: OverlayMode
    score_threshold: float
    mask_threshold: float
    minimum_area: float
    significant_bits: int
    lazy: bool
    stale_timeout: float
    track: bool
    track_memory: float
    depth: DepthOptions | None
    spatial: SpatialOptions
    repeat_last_period: float
    background_file: str
    autostart: bool

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Settings:
        """Arrange the values of `SPECS`, by name."""
        return cls(
            model=ModelChoice(
                model=values["model"],
                provider=values["provider"],
                require_provider=values["require_provider"],
                threads=values["threads"],
                input_width=values["input_width"],
                input_height=values["input_height"],
            ),
            input=ImageInputOptions(values["image_transport"], values["input_reliability"]),
            overlay_mode=OverlayMode(values["overlay_mode"]),
            score_threshold=values["score_threshold"],
            mask_threshold=values["mask_threshold"],
            minimum_area=values["minimum_area"],
            significant_bits=values["significant_bits"],
            lazy=values["lazy"],
            stale_timeout=values["stale_timeout"],
            track=values["track"],
            track_memory=values["track_memory"],
            depth=_depth_options(values) if values["depth"] else None,
            spatial=SpatialOptions(
                keep_out_distance=values["keep_out_distance"],
                keep_out_pixels=values["keep_out_pixels"],
                voxel_size=values["voxel_size"],
            ),
            repeat_last_period=values["repeat_last_period"],
            background_file=values["background_file"],
            autostart=values["autostart"],
        )

    def thresholds(self, own: Thresholds) -> Thresholds:
        """Return the thresholds that hold: the parameters', else the model's `own`."""
        return Thresholds(
            score=self.score_threshold if self.score_threshold >= 0 else own.score,
            mask=max(0.01, self.mask_threshold) if self.mask_threshold >= 0 else own.mask,
            minimum_area=self.minimum_area if self.minimum_area >= 0 else own.minimum_area,
        )


def _depth_options(values: Mapping[str, Any]) -> DepthOptions:
    rule = SyncTolerances(
        tolerance=round(1e9 * values["depth_tolerance"]), wait=values["depth_wait"]
    )
    return DepthOptions(rule, values["input_reliability"])
