"""What can be changed while a source is played: model, thresholds, how hands are drawn."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio

from handseg_ros.segmentation.description import Thresholds
from handseg_ros.segmentation.errors import HandsegError
from handseg_ros.segmentation.invalid_field import InvalidFieldError
from handseg_ros.segmentation.model_store import model_names
from handseg_ros.segmentation.overlay import OverlayMode, Palette
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.errors import RequestError
from handseg_ros.web.live.source import LiveParameter, Value

_MODEL, _OVERLAY = "model", "overlay_mode"
_SHARES = {
    "score_threshold": ("score", "Least score of a hand that is shown"),
    "mask_threshold": ("mask", "Probability from which a pixel is hand"),
    "minimum_area": ("minimum_area", "Smallest hand shown, as a share of the image"),
}


@dataclass(frozen=True)
class Settings:
    """What holds for one frame."""

    model: str
    segmenter: Segmenter
    thresholds: Thresholds
    overlay: OverlayMode

    @property
    def palette(self) -> Palette:
        """The colours of the model's classes."""
        return Palette.of(self.segmenter.description)


class PlayerSettings:
    """Settings as one frozen object in `now`, which a change replaces."""

    def __init__(
        self,
        load: Callable[[str], Segmenter],
        thresholds: Callable[[Thresholds], Thresholds],
        model: str,
    ) -> None:
        """Load the model; raises what `load` raises. Another model begins with its thresholds."""
        self._load, self._thresholds = load, thresholds
        self.now = self._with_model(model, OverlayMode.INSTANCES)

    def parameters(self) -> list[LiveParameter]:
        """Return them as the page shows them."""
        now = self.now
        shares = [
            LiveParameter(
                name=name,
                kind="float",
                value=float(getattr(now.thresholds, field)),
                description=description,
                minimum=0.0,
                maximum=1.0,
            )
            for name, (field, description) in _SHARES.items()
        ]
        model = LiveParameter(
            name=_MODEL,
            kind="str",
            value=now.model,
            description="The network: a model of the package, or the path of an ONNX file",
            choices=model_names(),
            is_open=True,
        )
        overlay = LiveParameter(
            name=_OVERLAY,
            kind="str",
            value=now.overlay.value,
            description="How the hands are drawn; none leaves the image as it came",
            choices=[mode.value for mode in OverlayMode],
        )
        return [model, *shares, overlay]

    async def change(self, name: str, value: Value) -> None:
        """Change one; raises RequestError where that is refused, with the reason."""
        try:
            if name == _MODEL:
                self.now = await anyio.to_thread.run_sync(
                    self._with_model, str(value), self.now.overlay
                )
            elif name == _OVERLAY:
                self.now = replace(self.now, overlay=OverlayMode(value))
            elif name in _SHARES:
                self.now = replace(self.now, thresholds=self._with_share(name, value))
            else:
                raise RequestError(404, f"there is no parameter '{name}' here")
        except (InvalidFieldError, ValueError) as error:
            raise RequestError(409, f"{name} cannot be changed so: {error}") from error
        except RequestError:
            raise
        except HandsegError as error:
            raise RequestError(409, str(error)) from error

    def _with_share(self, name: str, value: Value) -> Thresholds:
        if isinstance(value, str | bool):
            raise RequestError(422, f"{name} cannot be {value!r}: it is a number")
        return replace(self.now.thresholds, **{_SHARES[name][0]: float(value)})

    def _with_model(self, model: str, overlay: OverlayMode) -> Settings:
        segmenter = self._load(model)
        thresholds = self._thresholds(segmenter.description.thresholds)
        return Settings(model, segmenter, thresholds, overlay)
