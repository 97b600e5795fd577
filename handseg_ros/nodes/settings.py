"""The parameters of hand_segmentation_node: each is stated once, as a field with its values."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass

from handseg_ros.nodes.camera_topics import camera_names
from handseg_ros.nodes.depth.input import DepthOptions
from handseg_ros.nodes.depth.synchronizer import SyncTolerances
from handseg_ros.nodes.input.adaptive_subscription import AUTO as AUTO_RELIABILITY
from handseg_ros.nodes.input.adaptive_subscription import BEST_EFFORT, RELIABLE
from handseg_ros.nodes.input.frame_input import ImageInputOptions
from handseg_ros.nodes.input.image_input import COMPRESSED, RAW
from handseg_ros.nodes.parameters import parameter, specs_of
from handseg_ros.outputs.segmented_frame import OutputOptions
from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.model_options import ModelOptions
from handseg_ros.segmentation.model_store import DEFAULT_MODEL
from handseg_ros.segmentation.overlay import OverlayMode
from handseg_ros.segmentation.providers import AUTO, AUTO_ORDER, PROVIDERS

MODELS_OWN = -1.0


@dataclass(frozen=True)
class Settings:
    """All parameters, and their values at one moment."""

    model: str = parameter(
        DEFAULT_MODEL,
        "The network: a name from the package's models, or the path of an ONNX file",
    )
    provider: str = parameter(
        AUTO,
        f"What runs the network; auto takes the first installed of {', '.join(AUTO_ORDER)}",
        choices=(AUTO, *PROVIDERS),
    )
    require_provider: bool = parameter(
        False,
        "Whether a provider that does not run is an error; else the CPU runs, with a warning",
    )
    threads: int = parameter(
        1,
        "CPU threads inside the network's operators",
        minimum=1,
        maximum=64,
    )
    input_width: int = parameter(
        0,
        "Width of the network's input; 0 takes the model's own",
        minimum=0,
        maximum=4096,
        unit="pixels",
    )
    input_height: int = parameter(
        0,
        "Height of the network's input; 0 takes the model's own",
        minimum=0,
        maximum=4096,
        unit="pixels",
    )
    overlay_mode: str = parameter(
        OverlayMode.INSTANCES.value,
        "How the overlay draws the hands; none leaves the image as it came",
        choices=tuple(mode.value for mode in OverlayMode),
    )
    score_threshold: float = parameter(
        MODELS_OWN,
        "Least score of a hand that is reported; a negative value takes the model's own",
        minimum=-1.0,
        maximum=1.0,
    )
    mask_threshold: float = parameter(
        MODELS_OWN,
        "Probability from which a pixel is hand; a negative value takes the model's own",
        minimum=-1.0,
        maximum=0.99,
    )
    minimum_area: float = parameter(
        MODELS_OWN,
        "Smallest hand reported, as a share of the image; a negative value takes the model's own",
        minimum=-1.0,
        maximum=1.0,
    )
    image_transport: str = parameter(
        RAW,
        "raw listens to image (sensor_msgs/Image), compressed to image/compressed",
        choices=(RAW, COMPRESSED),
    )
    input_reliability: str = parameter(
        AUTO_RELIABILITY,
        "Reliability of the subscriptions; auto follows the publishers that are there",
        choices=(AUTO_RELIABILITY, RELIABLE, BEST_EFFORT),
    )
    significant_bits: int = parameter(
        0,
        "How many of 16 bits the images' values use, as 12 for a 12-bit camera on mono16; 0 takes "
        "8, 10, 12 or 16, by the largest value so far",
        minimum=0,
        maximum=16,
    )
    lazy: bool = parameter(
        True,
        "Whether the camera is left alone while nobody listens to any output",
    )
    stale_timeout: float = parameter(
        1.0,
        "Time without an image after which diagnostics say STALE",
        minimum=0.1,
        maximum=3600.0,
        unit="seconds",
    )
    track: bool = parameter(
        True,
        "Whether hands keep a number from frame to frame",
    )
    track_memory: float = parameter(
        1.0,
        "How long a hand that is not found keeps its number",
        minimum=0.1,
        maximum=60.0,
        unit="seconds",
    )
    temporal_smoothing: bool = parameter(
        False,
        "Whether the last frame's hands steady the next one's: masks flicker less, and a hand that "
        "is hardly found any more stays for two frames at most",
    )
    depth: bool = parameter(
        False,
        "Whether depth and camera_info are listened to, for positions, points and markers",
    )
    depth_tolerance: float = parameter(
        0.0,
        "How far the stamps of an image and its depth may be apart; 0 takes equal ones only",
        minimum=0.0,
        maximum=1.0,
        unit="seconds",
    )
    depth_wait: float = parameter(
        0.1,
        "How long an image waits for its depth; then it is answered without positions",
        minimum=0.0,
        maximum=5.0,
        unit="seconds",
    )
    keep_out_distance: float = parameter(
        0.04,
        "How far ~/keep_out reaches around a hand whose depth is known",
        minimum=0.0,
        maximum=1.0,
        unit="metres",
    )
    keep_out_pixels: float = parameter(
        40.0,
        "How far it reaches around a hand whose depth is not known",
        minimum=0.0,
        maximum=1000.0,
        unit="pixels",
    )
    voxel_size: float = parameter(
        0.0,
        "Side of the cubes in each of which ~/points and ~/object_points have one point at most; "
        "0 leaves all points",
        minimum=0.0,
        maximum=1.0,
        unit="metres",
    )
    repeat_last_period: float = parameter(
        0.0,
        "Time without an answer after which the last known hands are published again, and again; "
        "0 never does",
        minimum=0.0,
        maximum=60.0,
        unit="seconds",
    )
    background_file: str = parameter(
        "",
        "Where the background is kept as PNG, for models that compare with one; empty for "
        "$ROS_HOME/handseg_ros/<fully qualified node name>.png",
    )
    cameras: str = parameter(
        "",
        "Names of several cameras, as 'left, right': each has its topics and services under its "
        "name (left/image, ~/left/hands), all share the network; empty for one without a name",
        read_only=True,
    )
    autostart: bool = parameter(
        True,
        "Whether the node configures and activates itself; else a lifecycle manager does",
        read_only=True,
    )

    @property
    def camera_names(self) -> tuple[str, ...]:
        """The cameras' names, or '' alone for one without; raises ParameterError."""
        return camera_names(self.cameras)

    @property
    def model_options(self) -> ModelOptions:
        """What needs the network to be loaded again when it changes."""
        return ModelOptions(
            model=self.model,
            provider=self.provider,
            require_provider=self.require_provider,
            threads=self.threads,
            input_width=self.input_width,
            input_height=self.input_height,
        )

    @property
    def input_options(self) -> ImageInputOptions:
        """What images are listened to."""
        return ImageInputOptions(self.image_transport, self.input_reliability)

    @property
    def depth_options(self) -> DepthOptions | None:
        """How depth is matched with images, None where depth is off."""
        if not self.depth:
            return None
        rule = SyncTolerances(tolerance=round(1e9 * self.depth_tolerance), wait=self.depth_wait)
        return DepthOptions(rule, self.input_reliability)

    @property
    def output_options(self) -> OutputOptions:
        """How outputs are made of a frame."""
        return OutputOptions(
            overlay_mode=OverlayMode(self.overlay_mode),
            keep_out_distance=self.keep_out_distance,
            keep_out_pixels=self.keep_out_pixels,
            voxel_size=self.voxel_size,
        )

    def thresholds(self, own: Thresholds) -> Thresholds:
        """Return the thresholds that hold: the parameters', else the model's `own`."""
        return Thresholds(
            score=self.score_threshold if self.score_threshold >= 0 else own.score,
            mask=max(0.01, self.mask_threshold) if self.mask_threshold >= 0 else own.mask,
            minimum_area=self.minimum_area if self.minimum_area >= 0 else own.minimum_area,
        )


SPECS = specs_of(Settings)
