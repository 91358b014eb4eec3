"""The README says what the code says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_parameter_table_is_the_one_the_code_makes():
    from utrack_ros.ros.parameters import to_markdown

    shown = re.search(r"<!-- parameters:.*?-->\n(.*?)\n<!-- /parameters -->", README, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == to_markdown().strip()


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http|#)[^)]+)\)", README))
def test_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_encodings_are_the_ones_that_decode():
    from utrack_ros.ros.encodings import LAYOUTS

    said = re.search(r"takes `sensor_msgs/Image` on `image`: ([^.]+)\.", README)
    assert said is not None
    assert re.split(r",\s+|\s+or\s+", said[1]) == list(LAYOUTS)
