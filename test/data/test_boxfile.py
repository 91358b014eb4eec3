"""Box files are read if they can be, and refused with file and line if not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.core.errors import DataError
from utrack_ros.data.boxfile import read_boxes, read_flags, read_names

numbers = st.none() | st.floats(-1e6, 1e6)


@pytest.mark.parametrize("separator", [",", "\t", " ", ", ", "  ", " ,\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", "end", "end end"])
def test_separators_and_line_ends(tmp_path: Path, separator: str, end: str, tail: str) -> None:
    lines = [
        separator.join(row) for row in (("1", "2.5", "3", "4"), ("NaN", "nan", "NaN", "NaN"), ("-5", "6", "7e1", "8"))
    ]
    (tmp_path / "b.txt").write_bytes((end.join(lines) + tail.replace("end", end).replace(" ", "")).encode())
    expected = [[1, 2.5, 3, 4], [np.nan] * 4, [-5, 6, 70, 8]]
    np.testing.assert_array_equal(read_boxes(tmp_path / "b.txt"), expected)


@pytest.mark.parametrize("line", ["1,2,3,4,", "1;2;3;4;", "1, 2, 3, 4 , "])
def test_a_separator_at_the_end_of_a_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "b.txt").write_text(f"{line}\n" * 2)
    np.testing.assert_array_equal(read_boxes(tmp_path / "b.txt"), [[1, 2, 3, 4]] * 2)


def test_byte_order_mark_and_blanks_at_the_ends_of_lines(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbf 1,2,3,4 \n5,6,7,8\t\n   \n\n")
    np.testing.assert_array_equal(read_boxes(tmp_path / "b.txt"), [[1, 2, 3, 4], [5, 6, 7, 8]])


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=1, max_size=8))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float | None, ...]]
) -> None:
    path = tmp_path_factory.mktemp("boxes") / "b.txt"
    array = np.array([[np.nan if value is None else value for value in row] for row in rows])
    path.write_text("\n".join(",".join(map(str, row)) for row in array.tolist()))
    np.testing.assert_array_equal(read_boxes(path), array)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lines of 4 numbers in .*b.txt, but got an empty file"),
        ("\n \n", "lines of 4 numbers in .*b.txt, but got an empty file"),
        ("1,2,3,4\n1,2,three,4\n", "4 numbers in line 2 of .*b.txt, but got '1,2,three,4'"),
        ("1,2,3,4\n1,2,3\n", "4 numbers in line 2 of .*b.txt, but got '1,2,3'"),
        ("1,2,3,4,5\n", "4 numbers in line 1 of .*b.txt"),
        ("1,2,3,4\n\n5,6,7,8\n", "4 numbers in line 2 of .*b.txt, but got ''"),
        ("x,y,w,h\n1,2,3,4\n", "4 numbers in line 1 of .*b.txt, but got 'x,y,w,h'"),
        ("1,2,3,4\n1,2,inf,4\n", "4 numbers in line 2 of .*b.txt"),
        ("1,2,,3,4\n", "4 numbers in line 1 of .*b.txt, but got '1,2,,3,4'"),
        ("1,2,3,4\n1,2,3,4,,\n", "4 numbers in line 2 of .*b.txt"),
        (",1,2,3,4\n", "4 numbers in line 1 of .*b.txt"),
        ("1,2,3,1_000\n", "4 numbers in line 1 of .*b.txt"),
        ("1,2,3,4\n1+2i,2,3,4\n", "4 numbers in line 2 of .*b.txt"),
        ("1.234 " * 400, "in line 1 of .*b.txt, but got '1.234 .{0,80}'"),
    ],
)
def test_bad_file_is_refused_by_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "b.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_boxes(tmp_path / "b.txt")


@pytest.mark.parametrize("content", [None, b"\xff\xfe1\x00,\x002\x00", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_missing_or_no_text(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "b.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"a text file at .*b\.txt"):
        read_boxes(tmp_path / "b.txt")


def test_polygons_where_they_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("1,2,3,4,5,6,7,8\n" * 2)
    assert read_boxes(tmp_path / "p.txt", columns=(4, 8)).shape == (2, 8)
    with pytest.raises(DataError, match="4 numbers in line 1"):
        read_boxes(tmp_path / "p.txt")
    (tmp_path / "p.txt").write_text("1,2,3,4,5,6,7,8\n1,2,3,4\n")
    with pytest.raises(DataError, match="8 numbers in line 2"):
        read_boxes(tmp_path / "p.txt", columns=(4, 8))


@pytest.mark.parametrize("text", ["0\n1\n0\n", "0,1,0", "0,1,0,\n", "0 1 0\r\n", "0.0\n1.0000\n0\n"])
def test_flags_in_any_arrangement(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.txt").write_text(text)
    assert read_flags(tmp_path / "f.txt").tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "an empty file"), ("0\nyes\n", "whole numbers in line 2 of"), ("inf", "line 1"), ("0\n0.7\n", "line 2")],
)
def test_bad_flags(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "f.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_flags(tmp_path / "f.txt")


def test_listed_names_are_sorted_and_single(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbfb\r\na\r\nb\r\n")
    assert read_names(tmp_path / "list.txt") == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n", "names of sequences in .*list.txt, but got an empty file"),
        (b"a\n../b\n", "names of sequences in line 2 of"),
        (b"\x00", "names of sequences in line 1 of"),
        (b"9" * 300, "names of sequences in line 1 of"),
        (b"\xff\xfe", "a text file at"),
    ],
)
def test_a_damaged_list_of_names(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_names(tmp_path / "list.txt")
