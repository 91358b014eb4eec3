"""Which numbers a name stands for: bf16 only on a processor that has it, by itself only with a model that passed."""

import pytest
import torch
from engine_scenes import needs_model, randomised

from utrack_ros.checks.processor import Processor
from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import choice, load_tracker, precision
from utrack_ros.engine.choice import make_engine
from utrack_ros.engine.precision import precisions
from utrack_ros.network.checkpoint import find_model

OLD = Processor("x86_64", "Xeon", frozenset({"avx2", "avx512f"}))
AVX512 = Processor("x86_64", "EPYC", frozenset({"avx2", "avx512_bf16"}))
AMX = Processor("x86_64", "Xeon", frozenset({"avx2", "amx_bf16"}))
ARM = Processor("aarch64", "", frozenset({"asimd", "bf16"}))


@pytest.fixture
def passed(monkeypatch):
    monkeypatch.setattr(precision, "PASSED", {"good": ("bf16",)})


@pytest.mark.usefixtures("passed")
@pytest.mark.parametrize("processor", [AVX512, AMX])
def test_auto_is_bf16_too_where_the_model_passed(processor):
    assert precisions("auto", "good", processor) == ("fp32", "bf16")


@pytest.mark.usefixtures("passed")
@pytest.mark.parametrize(("model", "processor"), [("new", AVX512), ("good", OLD), ("good", ARM), ("good", Processor())])
def test_auto_is_fp32_alone_with_a_new_model_or_without_bf16(model, processor):
    assert precisions("auto", model, processor) == ("fp32",)


def test_a_name_is_taken_at_its_word():
    assert precisions("fp32", "new", AMX) == ("fp32",)
    assert precisions("bf16", "new", AMX) == ("bf16",)


@pytest.mark.parametrize("processor", [OLD, ARM])
def test_bf16_on_a_processor_without_is_an_error(processor, monkeypatch):
    monkeypatch.setattr(choice, "read_processor", lambda: processor)
    with pytest.raises(ConfigError, match=r"openvino bf16 needs, but got a processor without AVX-512 bf16 and AMX\. "):
        make_engine("auto", randomised(), torch.device("cpu"), 96, {}, ("bf16",))


def test_fp16_is_torchs_on_cuda_and_an_error_elsewhere():
    assert precisions("fp16", "new", AMX) == ("fp16",)
    cpu = torch.device("cpu")
    with pytest.raises(ConfigError, match=r"torch fp16 needs, but got device cpu, and fp16 runs on CUDA\. .*fp32"):
        make_engine("auto", randomised(), cpu, 96, {}, ("fp16",))
    with pytest.raises(ConfigError, match="engine torch for precision fp16, but got 'onnxruntime'"):
        make_engine("onnxruntime", randomised(), cpu, 96, {}, ("fp16",))


@needs_model
@pytest.mark.parametrize("name", ["", "fp8", "BF16"])
def test_an_unknown_precision_is_refused(name):
    with pytest.raises(ConfigError, match=f"precision fp32, fp16, bf16 or auto, but got '{name}'"):
        load_tracker(device="cpu", precision=name)


@needs_model
def test_the_model_that_ships_has_not_passed_with_this_tracker():
    """docs/adr/0018 has the figures; whoever adds it here measures it first."""
    assert precisions("auto", find_model(None)[1].sha256, AMX) == ("fp32",)
