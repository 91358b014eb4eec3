"""SECURITY.md says what the code does, and invents no address."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sros2_policy import read_policy

from utrack_ros.core.boxes import MIN_SIDE_PX

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!http|#)[^)]+)\)", PAGE))
def test_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


def test_address_to_report_to_is_that_of_the_package_alone():
    maintainer = ElementTree.parse(ROOT / "package.xml").getroot().find("maintainer")  # noqa: S314  our own file
    assert maintainer is not None
    assert maintainer.attrib["email"].endswith("@example.org") == ("is a placeholder" in PAGE)
    assert re.findall(r"[\w.-]+@[\w.-]+", PAGE) == []


def test_enclaves_are_those_of_the_policy():
    assert set(re.findall(r"^\| `(/utrack/\w+)`", PAGE, re.M)) == set(read_policy())


def test_limits_are_those_of_the_code():
    pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
    pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")
    from utrack_ros.ros.history import BYTE_LIMIT
    from utrack_ros.ros.image_gate import TEXT_LENGTH
    from utrack_ros.ros.parameters import Parameters
    from utrack_ros.ros.rate_limit import BURST
    from utrack_ros.ros.selection_input import MESSAGE_BYTES

    told = Parameters()
    assert f"`max_selection_rate_hz`, {told.max_selection_rate_hz:g} a second after {BURST} at once" in PAGE
    assert f"| {MESSAGE_BYTES}, looked at" in PAGE
    assert f"| {TEXT_LENGTH} characters, as they are" in PAGE
    assert f"`max_image_mb`, {told.max_image_mb} |" in PAGE
    assert "`max_image_pixels`, 8192 x 8192 |" in PAGE
    assert told.max_image_pixels == 8192 * 8192
    assert f"at least {MIN_SIDE_PX:g} px a side" in PAGE
    assert f"`history_s`, and {BYTE_LIMIT // 2**20} MiB |" in PAGE


def test_version_of_torch_for_pickles_is_that_of_the_code():
    from utrack_ros.network.published import SAFE_TORCH

    assert f"wants PyTorch {SAFE_TORCH[0]}.{SAFE_TORCH[1]}" in PAGE
