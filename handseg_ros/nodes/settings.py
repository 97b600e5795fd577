"""The parameters of hand_segmentation_node, and their values as one typed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handseg_ros.nodes.image_input import (
    AUTO as AUTO_RELIABILITY,
)
from handseg_ros.nodes.image_input import (
    BEST_EFFORT,
    COMPRESSED,
    RAW,
    RELIABLE,
    InputChoice,
)
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
        "Reliability of the image subscription; auto follows the publishers that are there",
        choices=(AUTO_RELIABILITY, RELIABLE, BEST_EFFORT),
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
        "$ROS_HOME/handseg_ros/<node name>.png",
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
    """All parameters' values at one moment."""

    model: ModelChoice
    input: InputChoice
    overlay_mode: OverlayMode
    score_threshold: float
    mask_threshold: float
    minimum_area: float
    lazy: bool
    stale_timeout: float
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
            input=InputChoice(values["image_transport"], values["input_reliability"]),
            overlay_mode=OverlayMode(values["overlay_mode"]),
            score_threshold=values["score_threshold"],
            mask_threshold=values["mask_threshold"],
            minimum_area=values["minimum_area"],
            lazy=values["lazy"],
            stale_timeout=values["stale_timeout"],
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
