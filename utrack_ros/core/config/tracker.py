"""All settings of the tracker."""

from __future__ import annotations

from dataclasses import dataclass, field

from .checks import require, require_finite
from .classifier import ClassifierConfig
from .confidence import ConfidenceConfig
from .localize import LocalizeConfig
from .motion import MotionConfig
from .other_sizes import OtherSizesConfig
from .prediction import PredictionConfig
from .refinement import RefinementConfig
from .scale import ScaleConfig
from .search import SearchConfig


@dataclass(frozen=True)
class TrackerConfig:
    """Everything the tracker can be told.

    Attributes:
        search_scale: side of the search square as a multiple of sqrt(w*h) (ATOM: 5).
        crop_px: side of the square given to the network, pixels (paper: 288). crop_px / search_scale is the target's
            side in pixels, which shall stay near that of training, 57.6; both lowered together are faster
            (docs/speed.md).
        classifier: the online classifier.
        localize: peak and flag.
        scale: the multi-scale search.
        other_sizes: the look for a target that is smaller or larger by now.
        refinement: the refinement of the box.
        confidence: weights of the score.
        prediction: where the target is expected.
        motion: how the camera's own motion is estimated.
        search: how a lost target is searched for.
    """

    search_scale: float = 4.5
    crop_px: int = 256
    classifier: ClassifierConfig = field(default_factory=ClassifierConfig)
    localize: LocalizeConfig = field(default_factory=LocalizeConfig)
    scale: ScaleConfig = field(default_factory=ScaleConfig)
    other_sizes: OtherSizesConfig = field(default_factory=OtherSizesConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    confidence: ConfidenceConfig = field(default_factory=ConfidenceConfig)
    prediction: PredictionConfig = field(default_factory=PredictionConfig)
    motion: MotionConfig = field(default_factory=MotionConfig)
    search: SearchConfig = field(default_factory=SearchConfig)

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        require(1 < self.search_scale <= 10, "a multiple in (1, 10]", self, "search_scale")
        require(
            64 <= self.crop_px <= 1024 and self.crop_px % 32 == 0,
            "a multiple of 32 from 64 to 1024",
            self,
            "crop_px",
        )
