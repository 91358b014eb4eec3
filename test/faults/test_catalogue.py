"""Every case of the fault catalogue has a test, and every test here has a case."""

from __future__ import annotations

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent
CASES = range(1, 28)
MARK = re.compile(r"pytest\.mark\.fault\(([\d, ]+)\)")


def test_every_case_has_a_test() -> None:
    texts = [path.read_text("utf-8") for path in FOLDER.glob("test_*.py")]
    numbers = {int(number) for text in texts for found in MARK.findall(text) for number in found.split(",")}
    assert sorted(numbers) == list(CASES)


def test_every_test_has_a_case() -> None:
    """Its own mark, or that of its file; this file is about the others."""
    without = [
        f"{path.name}: {test.name}"
        for path in sorted(FOLDER.glob("test_*.py"))
        if path != Path(__file__)
        for test in caseless(path.read_text("utf-8"))
    ]
    assert without == []


def caseless(text: str) -> list[ast.FunctionDef]:
    """Return the tests of a file that bear no mark of a case."""
    statements = ast.parse(text).body
    of_file = [ast.unparse(each.value) for each in statements if isinstance(each, ast.Assign) and marks_file(each)]
    tests = [each for each in statements if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
    marks = {test: [*of_file, *map(ast.unparse, test.decorator_list)] for test in tests}
    return [test for test in tests if not any(map(MARK.search, marks[test]))]


def marks_file(statement: ast.Assign) -> bool:
    """Whether a statement gives every test of its file a mark."""
    return [ast.unparse(target) for target in statement.targets] == ["pytestmark"]
