"""The rules by which toolkits turn boxes into numbers, as data.

The same raw results score 0.703 by one toolkit and 0.681 by another; a number without its profile says little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ..core.errors import ConfigError


@dataclass(frozen=True)
class Profile:
    """How one toolkit scores one-pass evaluation.

    Attributes:
        name: key in `PROFILES`.
        title: what to print beside a number.
        truth_overlap: which true boxes count for the overlap: all four numbers > 0, width and height > 0, or no NaN.
            The overlap of every other frame is a miss.
        truth_centre: the same for the centre error; "centre": the centre of the true box > 0.
        invalid_centre: what the centre error of a frame with another true box is.
        invalid_norm: the same for the normalised error.
        absent: what frames marked absent are: "as truth", decided by their box like all others, or a "miss".
        denominator: frames that curves are divided by: "all", or "valid" by `truth_overlap`.
        first_frame: the first prediction is replaced by the truth, taken as written, or the frame left out.
        bad_prediction: a prediction with NaN or without size is replaced by the previous one, taken as written (a
            miss), or refused, but for zero sizes, which are replaced ("refuse unless zero").
        fewer: predictions than frames: refused, missing ones are zero boxes (misses), or both cut.
        more: predictions than frames: refused, or cut.
        norm_score: the normalised precision is read at 0.20, or the mean of its curve, or not given.
        norm_floor_px: smallest size to normalise by.
        pooled: averaged over the frames of all sequences, not over sequences.
        drop_zero_rows: sequences whose curve is all zero are left out of the mean.
        fine: 101 instead of 21 overlap thresholds.
        bounded: boxes are bounded to the image where its size is known.
        covered: only frames with a visible part of the target count, where that is known.
        score: what trackers are ranked by: "auc", or "ao", the mean overlap.
    """

    name: str
    title: str
    truth_overlap: Literal["positive", "sized", "known"] = "positive"
    truth_centre: Literal["positive", "sized", "known", "centre"] = "positive"
    invalid_centre: Literal["hit", "miss"] = "hit"
    invalid_norm: Literal["hit", "miss"] = "hit"
    absent: Literal["as truth", "miss"] = "as truth"
    denominator: Literal["all", "valid"] = "all"
    first_frame: Literal["truth", "as written", "left out"] = "truth"
    bad_prediction: Literal["previous", "as written", "refuse unless zero"] = "previous"
    fewer: Literal["refuse", "pad", "cut"] = "refuse"
    more: Literal["refuse", "cut"] = "refuse"
    norm_score: Literal["at 0.20", "mean", "none"] = "none"
    norm_floor_px: float = 0.0
    pooled: bool = False
    drop_zero_rows: bool = False
    fine: bool = False
    bounded: bool = False
    covered: bool = False
    score: Literal["auc", "ao"] = "auc"


_MATLAB = Profile("otb", "OTB toolkit", drop_zero_rows=True)
"""calcSeqErrRobust of the MATLAB family: invalid frames miss in success and hit in precision."""

_PYTRACKING = Profile(
    "pytracking",
    "pytracking",
    truth_overlap="sized",
    truth_centre="sized",
    invalid_centre="miss",
    denominator="valid",
    bad_prediction="refuse unless zero",
    fewer="pad",
    more="cut",
    norm_score="at 0.20",
)

_GOT10K = Profile(
    "got10k",
    "got10k toolkit",
    truth_overlap="known",
    truth_centre="known",
    invalid_centre="miss",
    invalid_norm="miss",
    denominator="valid",
    bad_prediction="as written",
    fewer="cut",
    more="cut",
    norm_score="mean",
    norm_floor_px=1.0,
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        _MATLAB,
        replace(_MATLAB, name="uav123", title="UAV123 toolkit"),
        replace(_MATLAB, name="uavdt", title="UAVDT toolkit"),
        replace(_MATLAB, name="dtb70", title="DTB70 toolkit"),
        replace(_MATLAB, name="visdrone", title="VisDrone-SOT toolkit"),
        replace(_MATLAB, name="lasot", title="LaSOT toolkit", absent="miss", more="cut", norm_score="at 0.20"),
        Profile(
            "pysot",
            "pysot toolkit",
            truth_overlap="sized",
            truth_centre="centre",
            absent="miss",
            first_frame="as written",
            bad_prediction="as written",
            norm_score="at 0.20",
        ),
        _PYTRACKING,
        replace(
            _PYTRACKING, name="pytracking-uav", title="pytracking, UAV123", invalid_centre="hit", denominator="all"
        ),
        replace(
            _PYTRACKING,
            name="pytracking-lasot",
            title="pytracking, LaSOT",
            absent="miss",
            denominator="all",
            fewer="refuse",
        ),
        _GOT10K,
        replace(
            _GOT10K,
            name="got10k-val",
            title="got10k toolkit, GOT-10k validation",
            first_frame="left out",
            fewer="refuse",
            more="refuse",
            norm_score="none",
            pooled=True,
            fine=True,
            bounded=True,
            covered=True,
            score="ao",
        ),
        replace(
            _MATLAB,
            name="valid-only",
            title="valid frames only",
            invalid_centre="miss",
            invalid_norm="miss",
            denominator="valid",
            fewer="cut",
            more="cut",
            norm_score="at 0.20",
            drop_zero_rows=False,
        ),
    )
}

DEFAULTS = {
    "UAV123": "uav123",
    "UAV123_10fps": "uav123",
    "UAVDT": "uavdt",
    "DTB70": "dtb70",
    "VisDrone-SOT": "visdrone",
    "OTB100": "otb",
    "LaSOT": "lasot",
    "GOT-10k": "got10k-val",
    "plain": "otb",
}
"""The official rule of each benchmark."""


def get_profile(name: str) -> Profile:
    """Return a profile by name.

    Raises:
        ConfigError: there is none.
    """
    if name not in PROFILES:
        raise ConfigError(f"a profile, one of {', '.join(PROFILES)}", name, "Choose one of them.")
    return PROFILES[name]
