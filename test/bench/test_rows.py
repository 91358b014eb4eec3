"""Which rows there are, and what becomes of those that cannot be measured."""

from pathlib import Path

import pytest

from utrack_ros.bench.rows import Row, build, plan_rows
from utrack_ros.checks.processor import Processor
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.stages import no_lap
from utrack_ros.engine import choice


def test_ours_comes_first_and_every_label_is_its_own():
    rows = plan_rows(nanotrack=(Path("b.onnx"), Path("h.onnx")))

    assert rows[0].is_own
    own = ["utrack torch fp32", "utrack onnxruntime fp32", "utrack openvino fp32", "utrack openvino bf16"]
    assert [row.label for row in rows] == [*own, "nanotrack", "kcf", "csrt", "mil"]
    assert rows[4].tracker == "nanotrack:b.onnx,h.onnx"


def test_nanotrack_without_files_is_a_row_that_says_what_to_give():
    (row,) = (row for row in plan_rows() if row.label == "nanotrack")

    assert "--nanotrack" in row.missing


def test_ours_alone():
    rows = plan_rows(peers=False)
    assert [row.engine for row in rows] == ["torch", "onnxruntime", "openvino", "openvino"]
    assert all(row.is_own for row in rows)


def test_an_engine_that_is_not_for_the_device_is_a_row_that_says_so():
    rows = plan_rows(device="cuda:0", peers=False)

    assert [row.missing for row in rows] == ["", "", *["device cuda:0, and it runs on cpu"] * 3]
    assert [row.precision for row in rows[:2]] == ["fp32", "fp16"]


def test_a_precision_that_the_processor_lacks_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setattr(choice, "read_processor", lambda: Processor("x86_64", flags=frozenset({"avx2"})))

    assert plan_rows(peers=False)[3].missing == "a processor without AVX-512 bf16 and AMX"


def test_an_unknown_engine_is_refused_by_name():
    with pytest.raises(ConfigError, match="torch fp32"):
        build(Row("utrack x fp8", "utrack", "x", "fp8"), no_lap)
