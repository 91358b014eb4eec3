"""Facts are read from files as the kernel writes them; what is missing or damaged is unknown, never an error."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from utrack_ros.checks import machine
from utrack_ros.checks.kernel import Kernel
from utrack_ros.checks.segments import Segment, is_same_machine, read_segments, segment_of
from utrack_ros.checks.shared_memory import SharedMemory

ROOT = Path(__file__).parents[2]
VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_kernel_limits(tmp_path: Path) -> None:
    write(tmp_path / "sys/net/core/rmem_max", "212992\n")
    write(tmp_path / "sys/net/ipv4/ipfrag_time", "30\n")
    write(tmp_path / "sys/net/ipv4/ipfrag_high_thresh", "strange\n")
    assert machine.read_kernel(tmp_path) == Kernel(212_992, None, 30)


def test_kernel_limits_of_a_container_that_hides_them(tmp_path: Path) -> None:
    assert machine.read_kernel(tmp_path) == Kernel()


def test_shared_memory_is_measured(tmp_path: Path) -> None:
    found = machine.read_shared_memory(tmp_path)
    room = os.statvfs(tmp_path)
    assert found.total_bytes == room.f_blocks * room.f_frsize
    assert 0 < found.free_bytes <= found.total_bytes
    assert machine.read_shared_memory(tmp_path / "none") == SharedMemory()


def test_segment_size_is_that_of_the_shipped_profile() -> None:
    profile = ROOT / "config" / "fastdds_shm.xml"
    found = machine.read_transport(VARIABLE, profile, "rmw_fastrtps_cpp", {VARIABLE: str(profile)})
    assert (found.segment_bytes, found.readable, found.other_variable) == (67_108_864, True, "")
    assert found.advised == str(profile)


@pytest.mark.parametrize(
    ("environ", "cuts"),
    [
        ({}, False),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"}, True),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA_TCP?max_msg_size=1MB"}, True),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}, False),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}, True),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}, False),
        ({"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", "ROS_LOCALHOST_ONLY": "1"}, False),
    ],
)
def test_fragments_are_sent_only_where_ros_leaves_the_transports_alone(environ: dict[str, str], cuts: bool) -> None:
    assert machine.read_transport(VARIABLE, None, "rmw_fastrtps_cpp", environ).cuts is cuts


@pytest.mark.parametrize(
    ("profiles", "own"),
    [
        ((ROOT / "config" / "fastdds_shm.xml").read_text(encoding="utf-8"), True),
        ("<useBuiltinTransports> 0 </useBuiltinTransports>", True),
        ("<useBuiltinTransports>true</useBuiltinTransports>", False),
        ("<profiles/>", False),
    ],
)
def test_a_profile_that_brings_its_own_transports_sends_no_fragments(tmp_path: Path, profiles: str, own: bool) -> None:
    write(tmp_path / "p.xml", profiles)
    environ = {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA", VARIABLE: str(tmp_path / "p.xml")}
    found = machine.read_transport(VARIABLE, None, "rmw_fastrtps_cpp", environ)
    assert (found.own, found.cuts) == (own, not own)
    assert machine.read_cuts(VARIABLE, environ) is not own
    assert machine.read_cuts(VARIABLE, environ | {VARIABLE: str(tmp_path / "none.xml")})


def test_profile_that_is_not_there_or_under_the_name_of_another_release() -> None:
    missing = machine.read_transport(VARIABLE, None, "", {VARIABLE: "/none.xml"})
    assert (missing.segment_bytes, missing.readable) == (None, False)
    other = machine.read_transport(VARIABLE, None, "", {"FASTRTPS_DEFAULT_PROFILES_FILE": "/p.xml"})
    assert (other.profile, other.other_variable, other.readable) == ("", "FASTRTPS_DEFAULT_PROFILES_FILE", True)


@pytest.mark.parametrize(
    ("info", "flags", "name"),
    [
        ("model name\t: Xeon\nflags\t\t: avx2 fma\n\nmodel name\t: Xeon\nflags\t: avx2\n", {"avx2", "fma"}, "Xeon"),
        ("processor\t: 0\nFeatures\t: fp asimd\n", {"fp", "asimd"}, ""),
        ("", set(), ""),
    ],
)
def test_processor_flags(tmp_path: Path, info: str, flags: set[str], name: str) -> None:
    write(tmp_path / "cpuinfo", info)
    found = machine.read_processor(tmp_path, tmp_path)
    assert (set(found.flags), found.name) == (flags, name)


@pytest.mark.parametrize(("quota", "cpus"), [("max 100000", 8), ("150000 100000", 1), ("50000 100000", 1), ("", 8)])
def test_processors_of_a_container_are_its_quota(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    write(tmp_path / "cpu.max", quota)
    assert machine.read_processor(tmp_path, tmp_path).cpus == cpus


def test_torch_that_is_still_being_imported_has_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert machine.read_processor().torch_threads is None


def test_gpu_facts() -> None:
    cuda = SimpleNamespace(device_count=lambda: 1, get_device_name=lambda index: f"GPU {index}")
    torch = SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="12.8"))
    found = machine.read_gpu(torch, {"CUDA_VISIBLE_DEVICES": ""})
    assert (found.built_for, found.names, found.hidden) == ("12.8", ("GPU 0",), True)
    assert not machine.read_gpu(torch, {}).hidden
    assert machine.read_gpu(None, {}).built_for is None


def test_gpu_whose_driver_torch_cannot_use_is_none() -> None:
    def refuse(index: int) -> str:
        raise RuntimeError("The NVIDIA driver on your system is too old")

    cuda = SimpleNamespace(device_count=lambda: 1, get_device_name=refuse)
    assert machine.read_gpu(SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="12.8")), {}).names == ()


def test_models_are_hashed_once_a_file(tmp_path: Path) -> None:
    good = hashlib.sha256(b"weights").hexdigest()
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    rows = [("a", "a.safetensors"), ("a_plain", "a.safetensors"), ("b", "b.safetensors")]
    models = [
        {"name": name, "file": file, "sha256": good, "architecture": "x", "licence": "MIT"} for name, file in rows
    ]
    write(tmp_path / "manifest.json", json.dumps({"default": "a", "models": models}))
    files, failure = machine.read_models(tmp_path)
    assert failure == ""
    assert [(file.name, file.actual, file.default) for file in files] == [("a", good, True), ("b", "", False)]


def test_damaged_manifest_is_told(tmp_path: Path) -> None:
    write(tmp_path / "manifest.json", "{")
    files, failure = machine.read_models(tmp_path)
    assert (files, "a damaged one" in failure) == ([], True)


def lock_line(path: Path, pid: int) -> str:
    stat = path.stat()
    return (
        f"1: FLOCK  ADVISORY  WRITE {pid} {os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino} 0 EOF\n"
    )


@pytest.fixture
def shm(tmp_path: Path) -> Path:
    folder = tmp_path / "shm"
    for name, size in (("fastdds_00000000000000aa", 500), ("fastdds_00000000000000bb", 9000)):
        write(folder / name, "x" * size)
        write(folder / f"{name}_el", "")
    write(folder / "fastdds_port7000", "x" * 70_000)
    write(folder / "another", "x" * 90_000)
    return folder


def test_segments_have_the_owner_that_holds_their_lock(shm: Path, tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    locks.write_text(lock_line(shm / "fastdds_00000000000000bb_el", 12218))
    found = read_segments(shm, locks)
    assert found is not None
    assert sorted(found, key=lambda segment: segment.size) == [Segment(500, None), Segment(9000, 12218)]


def test_segments_without_locks_to_see_are_unknown(shm: Path, tmp_path: Path) -> None:
    assert read_segments(shm, tmp_path / "none") is None


def test_lock_of_a_file_with_the_same_number_on_another_disk_is_no_owner(shm: Path, tmp_path: Path) -> None:
    inode = (shm / "fastdds_00000000000000bb_el").stat().st_ino
    (tmp_path / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE 7 fe:ff:{inode} 0 EOF\n")
    assert {segment.owner for segment in read_segments(shm, tmp_path / "locks") or []} == {None}


GID = bytes.fromhex("010f78fd ba2f 7bb60000000000001303")


@pytest.mark.parametrize(
    ("segments", "size"),
    [
        ([Segment(549_408, 0x2FBA), Segment(70_255_136, 0x2FBA), Segment(9, 1)], 70_255_136),
        ([Segment(549_408, 0x12FBA)], 549_408),
        ([Segment(549_408, 0x2FBA), Segment(9, 0x12FBA)], None),
        ([Segment(549_408, None), Segment(9, 1)], None),
        (None, None),
    ],
    ids=["largest", "long process number", "two alike", "not seen", "no locks"],
)
def test_segment_of_a_publisher(segments: list[Segment] | None, size: int | None) -> None:
    assert segment_of(GID, segments) == size


def test_segment_of_another_middleware_is_unknown() -> None:
    assert segment_of(b"\x01\x10" + GID[2:], [Segment(9, 0x2FBA)]) is None


def test_machine_of_an_endpoint() -> None:
    assert is_same_machine(GID, GID[:4] + b"other") is True
    assert is_same_machine(GID, b"\x01\x0f\x00\x00" + GID[4:]) is False
    assert is_same_machine(GID, b"") is None
