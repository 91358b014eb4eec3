"""Every case of the fault catalogue has a test, and every test here has a case."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
CASES = range(1, 28)
MARK = re.compile(r"pytest\.mark\.fault\(([\d, ]+)\)")


def test_every_case_has_a_test() -> None:
    texts = [path.read_text("utf-8") for path in FOLDER.glob("test_*.py")]
    numbers = {int(number) for text in texts for found in MARK.findall(text) for number in found.split(",")}
    assert sorted(numbers) == list(CASES)
