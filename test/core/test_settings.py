"""Settings by name: the right field changes, of its own type, or the error says why not."""

import pytest

from utrack_ros.core.config import TrackerConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.settings import with_settings


def test_nested_fields_change_and_the_rest_stays():
    old = TrackerConfig()
    new = with_settings(old, {"refinement.mu": "0.45", "refinement.inertia.pull": "0", "crop_px": "320"})

    assert (new.refinement.mu, new.refinement.inertia.pull, new.crop_px) == (0.45, 0.0, 320)
    assert new.refinement.keep == old.refinement.keep
    assert old == TrackerConfig()


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_truth_values_are_words(text, value):
    assert with_settings(TrackerConfig(), {"refinement.enabled": text}).refinement.enabled is value


def test_text_stays_text():
    assert with_settings(TrackerConfig(), {"prediction.use": "distance"}).prediction.use == "distance"


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("refinement.mo", "1", "mo"),
        ("refinement", "1", "single setting"),
        ("crop_px.deep", "1", "no further names"),
        ("crop_px", "3.5", "int for crop_px"),
        ("refinement.enabled", "1", "bool for refinement.enabled"),
        ("refinement.mu", "much", "float for refinement.mu"),
        ("refinement.mu", "-1", "mu"),
        ("prediction.use", "sometimes", "use"),
    ],
)
def test_what_cannot_be_is_refused(name, text, match):
    with pytest.raises(ConfigError, match=match):
        with_settings(TrackerConfig(), {name: text})
