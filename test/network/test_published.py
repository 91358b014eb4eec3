"""Files of .pth: only tensors come out, nothing in them runs, and what was refused is named."""

import builtins
import io
import os
import pickle
from pathlib import Path

import pytest
import torch

from utrack_ros.core.errors import ModelError
from utrack_ros.network import published
from utrack_ros.network.published import read_pickled, refusal

LEGACY = {"_use_new_zipfile_serialization": False}


class Command:
    """When unpickled by the plain unpickler, makes a file."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


class Evaluation(Command):
    """The same, by Python's own means."""

    def __reduce__(self):
        return builtins.eval, (f"open({str(self.canary)!r}, 'w')",)


@pytest.mark.parametrize("options", [{}, LEGACY])
def test_tensors_come_out(tmp_path, options):
    torch.save({"a": torch.arange(3.0)}, tmp_path / "good.pth", **options)
    assert torch.equal(read_pickled(tmp_path / "good.pth")["a"], torch.arange(3.0))


@pytest.mark.parametrize("options", [{}, LEGACY])
@pytest.mark.parametrize(("payload", "name"), [(Command, f"{os.name}.system"), (Evaluation, "eval")])
def test_call_in_the_file_is_named_and_not_run(tmp_path, options, payload, name):
    canary = tmp_path / "canary"
    torch.save({"a": torch.zeros(1), "b": payload(canary)}, tmp_path / "bad.pth", **options)
    with pytest.raises(ModelError, match=rf"bad\.pth, but got one that also holds {name}, which was not run") as caught:
        read_pickled(tmp_path / "bad.pth")
    assert "weights_only" not in str(caught.value), "PyTorch's advice to open it all the same"
    assert not canary.exists()


def test_payload_does_run_in_a_plain_unpickler(tmp_path):
    """Else the tests above could not fail."""
    pickle.loads(pickle.dumps(Command(tmp_path / "canary")))  # noqa: S301  our own bytes
    assert (tmp_path / "canary").exists()


def test_bare_pickle_is_refused(tmp_path):
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Command(tmp_path / "canary"), protocol=2))
    with pytest.raises(ModelError, match=rf"{os.name}\.system, which was not run"):
        read_pickled(tmp_path / "bare.pth")
    assert not (tmp_path / "canary").exists()


def test_whole_network_is_refused_by_its_class(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "network.pth")
    with pytest.raises(ModelError, match=r"holds torch\.nn\.modules\.linear\.Linear, which was not run"):
        read_pickled(tmp_path / "network.pth")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_file_that_breaks_off_is_refused(tmp_path, share):
    file = io.BytesIO()
    torch.save({"a": torch.arange(100.0)}, file)
    data = file.getvalue()
    (tmp_path / "cut.pth").write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelError, match=r"a file of weights alone at .*cut\.pth"):
        read_pickled(tmp_path / "cut.pth")


@pytest.mark.parametrize("version", ["1.13.1", "2.5.1+cu121", "2.9.0", "2.9.0a0+nv25.01"])
def test_torch_that_a_file_can_make_run_code_is_refused(tmp_path, monkeypatch, version):
    torch.save({"a": torch.zeros(1)}, tmp_path / "good.pth")
    monkeypatch.setattr(published.torch, "__version__", version)
    with pytest.raises(ModelError, match=r"PyTorch 2\.10 or newer"):
        read_pickled(tmp_path / "good.pth")


@pytest.mark.parametrize("version", ["2.10.0", "2.13.0+cpu", "3.0"])
def test_later_torch_is_taken(tmp_path, monkeypatch, version):
    torch.save({"a": torch.zeros(1)}, tmp_path / "good.pth")
    monkeypatch.setattr(published.torch, "__version__", version)
    assert list(read_pickled(tmp_path / "good.pth")) == ["a"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Unsupported operand 149", "one that also holds operand 149, which was not run"),
        ("Weights only load failed. Long advice.\nmore", "Weights only load failed"),
        ("", ""),
    ],
)
def test_other_words_of_torch(said, told):
    assert refusal(said) == told


def test_only_the_reader_of_published_files_opens_a_pickle():
    root = Path(published.__file__).parents[1]
    ways = ("torch.load(", "pickle.load", "Unpickler(", "allow_pickle=True", "yaml.load(", "joblib", "marshal")
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.py")}
    assert {name for name, text in texts.items() if any(way in text for way in ways)} == {"network/published.py"}


@pytest.mark.parametrize("options", [{}, LEGACY])
def test_memory_that_runs_out_is_not_said_to_be_the_fault_of_the_file(tmp_path, options, monkeypatch):
    def load(*_arguments, **_options):
        raise MemoryError

    torch.save({"a": torch.arange(3.0)}, tmp_path / "good.pth", **options)
    monkeypatch.setattr(published.torch, "load", load)
    with pytest.raises(MemoryError):
        read_pickled(tmp_path / "good.pth")


def test_storage_that_no_memory_holds_is_named(tmp_path):
    torch.save({"a": torch.arange(6.0)}, tmp_path / "vast.pth", **LEGACY)
    good = (tmp_path / "vast.pth").read_bytes()
    raw = good.replace(b"K\x06Ntq", b"\x8a\x08" + (1 << 56).to_bytes(8, "little") + b"Ntq")
    assert raw != good
    (tmp_path / "vast.pth").write_bytes(raw)
    with pytest.raises(ModelError, match=f"tried to allocate {1 << 58} bytes, which are not there"):
        read_pickled(tmp_path / "vast.pth")


def test_vast_file_is_refused_before_memory_is_taken(tmp_path):
    with (tmp_path / "vast.pth").open("wb") as file:
        file.truncate(8 << 30)  # no disk is taken
    with pytest.raises(ModelError, match="at most 1073741824 bytes"):
        read_pickled(tmp_path / "vast.pth")
