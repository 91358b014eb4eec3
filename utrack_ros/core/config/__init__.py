"""Settings of the tracker: frozen dataclasses, one file a part, each field with its source."""

from .classifier import FIRST_FRAME_VIEWS, ClassifierConfig
from .confidence import ConfidenceConfig
from .fitting import FittingConfig
from .inertia import InertiaConfig
from .localize import LocalizeConfig
from .motion import MotionConfig
from .other_sizes import OtherSizesConfig
from .prediction import PredictionConfig
from .refinement import RefinementConfig
from .scale import ScaleConfig
from .search import SearchConfig
from .tracker import TrackerConfig

__all__ = [
    "FIRST_FRAME_VIEWS",
    "ClassifierConfig",
    "ConfidenceConfig",
    "FittingConfig",
    "InertiaConfig",
    "LocalizeConfig",
    "MotionConfig",
    "OtherSizesConfig",
    "PredictionConfig",
    "RefinementConfig",
    "ScaleConfig",
    "SearchConfig",
    "TrackerConfig",
]
