"""Which engine is taken: by name, by measurement, by memory, and what is said of one that cannot be."""

import importlib.util
import json

import pytest
import torch
from engine_scenes import needs_model, randomised

from utrack_ros.core.errors import ConfigError
from utrack_ros.core.network import Features
from utrack_ros.engine import choice, choice_cache, load_tracker
from utrack_ros.engine.choice import make_engine, measure
from utrack_ros.engine.threads import loading, network_threads

CPU = torch.device("cpu")
FACTS = {"processor": "x", "model": "abc"}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "utrack_ros"


class Made:
    """An engine that does nothing and is called what it is told."""

    stride = 16
    overlap = None

    def __init__(self, name, precision):
        self.name, self.precision = name, precision

    def __call__(self, crops):
        return None


@pytest.fixture
def engines(monkeypatch, cache):
    """Engines that do nothing: the list of those made, and the times that measuring them finds."""
    made, times = [], {"torch fp32": 20.0, "onnxruntime fp32": 9.0, "openvino fp32": 10.0, "openvino bf16": 6.0}

    def make(way, *_):
        made.append(str(way))
        return Made(*way)

    monkeypatch.setattr(choice, "_make", make)
    monkeypatch.setattr(choice, "why_missing", lambda *_: "")
    monkeypatch.setattr(choice, "measure", lambda works: {name: times[name] for name in works})
    return made, times


def choose(name="auto", facts=FACTS, precisions=("fp32",)):
    made = make_engine(name, None, CPU, 96, facts, precisions)
    return f"{made.name} {made.precision}"


def test_auto_takes_the_fastest_and_remembers_it(engines, cache):
    made, times = engines
    assert choose() == "onnxruntime fp32"
    assert made == ["torch fp32", "onnxruntime fp32", "openvino fp32"]
    (file,) = cache.iterdir()
    content = json.loads(file.read_text())
    assert (content["chosen"], content["facts"]) == ("onnxruntime fp32", {**FACTS, "among": made})
    assert content["times_ms"] == {name: times[name] for name in made}
    times["onnxruntime fp32"] = 90.0
    assert choose() == "onnxruntime fp32"
    assert len(made) == 4  # the known one alone was made


def test_other_facts_are_measured_anew(engines):
    choose()
    engines[1].update({"onnxruntime fp32": 90.0, "openvino fp32": 91.0})
    assert choose(facts={**FACTS, "model": "other"}) == "torch fp32"


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "[]", '{"chosen": "onnxruntime"}', '{"chosen": "onnxruntime", "facts": {}}', "\0"]
)
def test_a_damaged_memory_is_measured_anew(engines, cache, text):
    choose()
    (file,) = cache.iterdir()
    file.write_text(text)
    engines[1].update({"onnxruntime fp32": 90.0, "openvino fp32": 91.0})
    assert choose() == "torch fp32"
    assert json.loads(file.read_text())["chosen"] == "torch fp32"


def test_a_remembered_engine_that_is_gone_is_measured_anew(engines, cache):
    choose()
    (file,) = cache.iterdir()
    choice_cache.remember(json.loads(file.read_text())["facts"], "steam", {"steam": 1.0})
    assert json.loads(file.read_text())["chosen"] == "steam"
    assert choose() == "onnxruntime fp32"


def test_a_cache_that_cannot_be_written_is_no_error(engines, cache, monkeypatch):
    cache.parent.joinpath("utrack_ros").write_text("a file where the folder should be")
    assert choose() == "onnxruntime fp32"
    monkeypatch.setattr(choice_cache, "cache_folder", lambda: None)
    assert choose() == "onnxruntime fp32"


def test_a_disk_that_is_full_leaves_nothing_behind(cache, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(choice_cache.Path, "write_text", full)
    choice_cache.remember(FACTS, "torch", {})
    assert list(cache.iterdir()) == []


def test_a_relative_cache_folder_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert choice_cache.cache_folder() == tmp_path / ".cache" / "utrack_ros"


def fails_but_in_torch(way, *_):
    if way.engine != "torch":
        raise ConfigError("a torch that writes ONNX", "another")
    return Made(*way)


def test_auto_goes_on_without_an_engine_that_cannot_be_made(engines, monkeypatch, caplog, cache):
    monkeypatch.setattr(choice, "_make", fails_but_in_torch)
    assert choose() == "torch fp32"
    assert "engine onnxruntime fp32 is left out: expected a torch that writes ONNX, but got another" in caplog.text
    assert not cache.exists()  # it is tried again next time


def test_a_remembered_engine_that_fails_is_named_and_stays_remembered(engines, monkeypatch, caplog):
    assert choose() == "onnxruntime fp32"
    good = choice._make
    with monkeypatch.context() as broken:
        broken.setattr(choice, "_make", fails_but_in_torch)
        assert choose() == "torch fp32"
    assert "engine onnxruntime fp32 is left out" in caplog.text
    monkeypatch.setattr(choice, "_make", good)
    assert choose() == "onnxruntime fp32"


def test_where_torch_is_alone_nothing_is_measured(engines, monkeypatch, cache):
    monkeypatch.setattr(choice, "why_missing", lambda name, *_: "" if name == "torch" else "no package")
    monkeypatch.setattr(choice, "measure", None)
    assert choose() == "torch fp32"
    assert not cache.exists()


def test_bf16_is_measured_beside_fp32_where_both_will_do(engines):
    made, times = engines
    assert choose(precisions=("fp32", "bf16")) == "openvino bf16"
    assert made == ["torch fp32", "onnxruntime fp32", "openvino fp32", "openvino bf16"]
    assert choose() == "onnxruntime fp32"  # what was remembered of more is not taken for an answer to less
    times["openvino bf16"] = 11.0
    assert choose("openvino", precisions=("fp32", "bf16")) == "openvino fp32"


def test_bf16_by_name_is_openvinos(engines):
    assert choose(precisions=("bf16",)) == choose("openvino", precisions=("bf16",)) == "openvino bf16"
    assert engines[0] == ["openvino bf16"] * 2
    with pytest.raises(ConfigError, match="engine openvino for precision bf16, but got 'onnxruntime'"):
        choose("onnxruntime", precisions=("bf16",))


def test_what_none_can_do_says_why(engines, monkeypatch):
    def fail(*_):
        raise ConfigError("an OpenVINO that reads the network", "another")

    monkeypatch.setattr(choice, "_make", fail)
    with pytest.raises(ConfigError, match="an OpenVINO that reads"):
        choose("openvino", precisions=("fp32", "bf16"))


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_gpu_is_torchs(name):
    assert choice.why_missing(name, "cuda:0") == "device cuda:0, and it runs on cpu"
    assert choice.why_missing("torch", "cuda:0") == ""


@pytest.mark.parametrize(("name", "extra"), [("onnxruntime", "onnx"), ("openvino", "openvino")])
def test_an_engine_by_name_that_cannot_run_is_an_error(name, extra, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda of: None if of == name else find(of))
    words = rf"what engine {name} fp32 needs, but got no package {name}.*\. Install the extra `{extra}`"
    with pytest.raises(ConfigError, match=words):
        make_engine(name, randomised(), CPU, 96, FACTS)


@pytest.mark.parametrize("name", ["", "Torch", "tensorrt"])
def test_an_unknown_engine_is_refused_before_the_model_is_read(name):
    with pytest.raises(ConfigError, match="engine auto, torch, onnxruntime, openvino, but got"):
        load_tracker(engine=name)


def test_measuring_ends_in_time_takes_turns_and_gives_medians():
    now, order = [0.0], []

    def work(name, taken):
        def run():
            order.append(name)
            now[0] += next(taken)

        return run

    slow, quick = iter([9.0, 0.2, 0.1, 0.3, 0.1]), iter([0.1, 0.02, 0.9, 0.02])
    found = measure({"slow": work("slow", slow), "quick": work("quick", quick)}, clock=lambda: now[0], budget_s=0.4)
    assert order == ["slow", "quick"] * 4  # the first round does not count, and three are the least
    assert found == pytest.approx({"slow": 200.0, "quick": 20.0})


def test_what_is_timed_has_the_threads_that_it_will_have(engines, monkeypatch):
    counts = []

    def count(works):
        counts.append((network_threads(), torch.get_num_threads()))
        return dict.fromkeys(works, 1.0)

    monkeypatch.setattr(choice, "measure", count)
    with loading(2):
        choose()
    assert counts == [(2, 1)]


def test_what_is_timed_is_a_frame_with_its_refinement():
    done = []

    class Overlap:
        def reference(self, levels, box_xywh):
            return "reference", levels, box_xywh.tolist()

        def candidates_in(self, levels, region_xywh):
            done.append(("map", levels, tuple(region_xywh)))
            return "map", (16, 8)

        def refinement(self, refiner):
            def refine(features, reference, coarse_xywh, before_xy):
                done.append(("refined", features, reference, coarse_xywh.tolist(), before_xy.tolist()))

            return refine

        predict = score = reference

    class Looking(Made):
        overlap = Overlap()

        def __call__(self, crops):
            return Features(torch.zeros(1), crops.shape)

    works = [choice.frame_work(Looking(name, "fp32"), 100) for name in ("torch", "onnxruntime")]
    assert done == []
    for work in works:
        work()
    shape, box = (1, 100, 100, 3), [40, 40, 20, 20]
    refined = ("refined", "map", ("reference", shape, box), [24, 32, 20, 20], [34, 42])  # counted from (16, 8)
    assert done == [("map", shape, (34.0, 34.0, 32.0, 32.0)), refined] * 2


def test_what_was_chosen_by_another_work_is_measured_anew(engines, cache, monkeypatch):
    choose(facts=choice_cache.facts("abc", 96))
    (file,) = cache.iterdir()
    assert json.loads(file.read_text())["facts"]["schema"] == choice_cache.SCHEMA > 1  # 1 had none, without refinement
    engines[1].update({"onnxruntime fp32": 90.0, "openvino fp32": 91.0})
    monkeypatch.setattr(choice_cache, "SCHEMA", choice_cache.SCHEMA + 1)
    assert choose(facts=choice_cache.facts("abc", 96)) == "torch fp32"


@needs_model
def test_auto_gives_a_tracker_and_the_second_time_the_same(cache):
    first = load_tracker(device="cpu", engine="auto")
    assert first.engine in choice.NAMES
    assert load_tracker(device="cpu", engine="auto").engine == first.engine


@needs_model
def test_facts_tell_the_model_the_crop_and_the_threads(cache):
    assert choice_cache.facts("abc", 288) != choice_cache.facts("abd", 288)
    assert choice_cache.facts("abc", 288) != choice_cache.facts("abc", 256)
    assert choice_cache.facts("abc", 288)["threads"] == torch.get_num_threads()
    assert choice_cache.facts("abc", 288)["versions"]["torch"]
