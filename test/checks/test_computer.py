"""Checks of the machine and the models, each with made-up facts on both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from utrack_ros.checks.engines import check_engines
from utrack_ros.checks.finding import Finding, Level, megabytes, worst
from utrack_ros.checks.gpu import Gpu, check_gpu
from utrack_ros.checks.kernel import Kernel, check_kernel
from utrack_ros.checks.models import ModelFile, check_models
from utrack_ros.checks.processor import Processor, check_precision, check_threads
from utrack_ros.checks.shared_memory import SharedMemory, check_shared_memory
from utrack_ros.checks.transport import Transport, check_transport

DEFAULTS = Kernel(212_992, 4_194_304, 30)
RAISED = Kernel(33_554_432, 134_217_728, 3)
ALL_ENGINES = {"torch": "2.13.0", "onnxruntime": "1.32.0", "onnx": "1.22.0", "openvino": None}
FAST = frozenset({"avx2", "fma", "avx512f"})


@pytest.mark.parametrize(
    ("kernel", "by_network", "level", "words"),
    [
        (RAISED, True, Level.OK, "net.core.rmem_max 33.6 MB, ipfrag_high_thresh 134.2 MB, ipfrag_time 3 s"),
        (replace(RAISED, fragment_s=30), True, Level.WARN, "images by network; sudo sysctl -w net.ipv4.ipfrag_time=3"),
        (replace(RAISED, fragment_s=30), False, Level.OK, "ipfrag_time 30 s: fine for a camera on this machine"),
        (replace(RAISED, fragment_s=None), True, Level.OK, "ipfrag_high_thresh 134.2 MB"),
        (DEFAULTS, False, Level.OK, "fine for a camera on this machine"),
        (
            DEFAULTS,
            True,
            Level.WARN,
            "sudo sysctl -w net.core.rmem_max=33554432 net.ipv4.ipfrag_high_thresh=134217728 net.ipv4.ipfrag_time=3",
        ),
        (Kernel(33_554_432, 4_194_304), True, Level.WARN, "sudo sysctl -w net.ipv4.ipfrag_high_thresh=134217728"),
        (Kernel(), True, Level.OK, "cannot be read"),
    ],
)
def test_kernel_buffers(kernel: Kernel, by_network: bool, level: Level, words: str) -> None:
    found = check_kernel(kernel, by_network)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("memory", "level", "words"),
    [
        (SharedMemory(8_000_000_000, 7_000_000_000), Level.OK, "7 GB free of 8 GB"),
        (SharedMemory(400_000_000, 200_000_000), Level.WARN, "200.0 MB free"),
        (SharedMemory(67_108_864, 67_000_000), Level.WARN, "start the container with --shm-size=1g"),
        (SharedMemory(400_000_000, 1_000_000, 300_000_000), Level.WARN, "`fastdds shm clean`"),
        (SharedMemory(), Level.WARN, "there is no /dev/shm"),
    ],
)
def test_shared_memory(memory: SharedMemory, level: Level, words: str) -> None:
    found = check_shared_memory(memory)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("transport", "level", "words"),
    [
        (Transport("rmw_fastrtps_cpp", profile="/p.xml", segment_bytes=67_108_864), Level.OK, "segments of 67.1 MB"),
        (Transport("rmw_fastrtps_cpp"), Level.WARN, "524 kB: a camera started from this shell loses larger images"),
        (Transport("rmw_fastrtps_cpp", profile="/p.xml", segment_bytes=1_000_000), Level.WARN, "1.0 MB: a camera"),
        (Transport("rmw_fastrtps_cpp", profile="/p.xml", readable=False), Level.ERROR, "which cannot be read"),
        (Transport(builtin="LARGE_DATA", cuts=True), Level.OK, "FASTDDS_BUILTIN_TRANSPORTS=LARGE_DATA"),
        (Transport(builtin="LARGE_DATA?max_msg_size=1MB", cuts=True), Level.OK, "LARGE_DATA"),
        (Transport(builtin="LARGE_DATA"), Level.WARN, "has no effect where ROS stays on this machine (LOCALHOST)"),
        (
            Transport(profile="/p.xml", segment_bytes=67_108_864, builtin="LARGE_DATA", own=True),
            Level.OK,
            "no effect beside the transports of that file",
        ),
        (Transport(builtin="UDPv4"), Level.WARN, "loses larger images"),
        (Transport("rmw_cyclonedds_cpp"), Level.OK, "for rmw_fastrtps_cpp only"),
        (
            Transport(other_variable="FASTRTPS_DEFAULT_PROFILES_FILE"),
            Level.WARN,
            "FASTRTPS_DEFAULT_PROFILES_FILE is set, but this release reads FASTDDS_DEFAULT_PROFILES_FILE",
        ),
    ],
)
def test_transport(transport: Transport, level: Level, words: str) -> None:
    found = check_transport(transport)
    assert (found.level, words in found.text) == (level, True), found


def test_default_transport_is_no_fault_of_a_process_that_is_no_camera() -> None:
    found = check_transport(Transport("rmw_fastrtps_cpp"), for_camera=False)
    assert (found.level, "what counts is the camera's process" in found.seen) == (Level.OK, True)
    broken = Transport("rmw_fastrtps_cpp", profile="/p.xml", readable=False)
    assert check_transport(broken, for_camera=False).level is Level.ERROR


def test_advice_is_a_line_to_paste() -> None:
    found = check_transport(Transport("rmw_fastrtps_cpp", advised="/opt/fastdds_shm.xml"))
    assert found.advice == "export FASTDDS_DEFAULT_PROFILES_FILE=/opt/fastdds_shm.xml"


@pytest.mark.parametrize(
    ("processor", "level", "words"),
    [
        (Processor("x86_64", "Xeon", FAST), Level.OK, "Xeon: AVX2, FMA, AVX-512; the network runs in fp32"),
        (Processor("x86_64", "Xeon", FAST | {"amx_bf16"}), Level.OK, "AMX; the network runs in fp32, or in bf16 with"),
        (Processor("x86_64", "Atom", frozenset({"sse4_2"})), Level.WARN, "AVX2 and FMA are missing"),
        (Processor("x86_64", "Atom", frozenset({"avx2"})), Level.WARN, "AVX2 and FMA are missing"),
        (Processor("aarch64", "", frozenset({"asimd", "asimdhp"})), Level.OK, "aarch64: NEON, fp16"),
        (Processor("riscv64"), Level.OK, "cannot be read"),
    ],
)
def test_precision(processor: Processor, level: Level, words: str) -> None:
    found = check_precision(processor)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("processor", "level", "words"),
    [
        (Processor(cpus=4), Level.OK, "4 processors to use"),
        (Processor(cpus=4, torch_threads=4), Level.OK, "the network takes 4 threads on 4 processors"),
        (
            Processor(cpus=1, torch_threads=2),
            Level.WARN,
            "on 1 processor; set torch_threads to 1",
        ),
        (Processor(cpus=4, torch_threads=4, wait_policy="ACTIVE"), Level.WARN, "OMP_WAIT_POLICY is ACTIVE; unset it"),
        (Processor(cpus=4, torch_threads=4, wait_policy="passive"), Level.OK, "the network takes 4 threads"),
    ],
)
def test_threads(processor: Processor, level: Level, words: str) -> None:
    found = check_threads(processor)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("versions", "gpus", "level", "words"),
    [
        (ALL_ENGINES, 0, Level.OK, "torch 2.13.0, onnxruntime 1.32.0, onnx 1.22.0"),
        (ALL_ENGINES | {"openvino": "2026.3"}, 0, Level.OK, "openvino 2026.3"),
        (ALL_ENGINES | {"onnx": None}, 0, Level.WARN, "without onnx: on a CPU a frame takes about twice as long; pip"),
        (ALL_ENGINES | {"onnx": None, "numpy": "2.4.6"}, 0, Level.WARN, "pip install onnx onnxruntime numpy==2.4.6"),
        ({"torch": "2.13.0"}, 0, Level.WARN, "torch 2.13.0, without onnxruntime and onnx"),
        ({"torch": "2.13.0", "onnxruntime": None}, 1, Level.OK, "torch 2.13.0"),
        ({}, 0, Level.WARN, "none, without"),
    ],
)
def test_engines(versions: dict[str, str | None], gpus: int, level: Level, words: str) -> None:
    found = check_engines(versions, gpus)
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("gpu", "device", "level", "words"),
    [
        (Gpu("12.8", ("Orin",), driver=True), "auto", Level.OK, "Orin; torch is built for CUDA 12.8"),
        (Gpu(""), "auto", Level.OK, "the network runs on the CPU"),
        (Gpu("", driver=True), "auto", Level.WARN, "this torch is built for the CPU"),
        (Gpu("12.8", driver=True), "auto", Level.WARN, "compare `nvidia-smi` with CUDA 12.8"),
        (Gpu("12.8", driver=True, hidden=True), "auto", Level.OK, "the network runs on the CPU"),
        (Gpu("12.8", driver=True, hidden=True), "cuda", Level.ERROR, "CUDA_VISIBLE_DEVICES hides the GPUs"),
        (Gpu("12.8", ("A", "B"), driver=True), "cuda:1", Level.OK, "A, B"),
        (Gpu("12.8", ("A",), driver=True), "cuda:1", Level.ERROR, "device is cuda:1, but torch sees 1 GPUs"),
        (Gpu("12.8"), "cuda", Level.ERROR, "install the NVIDIA driver"),
        (Gpu("", driver=True), "cpu", Level.OK, "device is cpu"),
        (Gpu(None), "auto", Level.ERROR, "torch cannot be loaded"),
    ],
)
def test_cuda(gpu: Gpu, device: str, level: Level, words: str) -> None:
    found = check_gpu(gpu, device)
    assert (found.level, words in found.text) == (level, True), found


GOOD, OTHER = "ab" * 32, "cd" * 32


@pytest.mark.parametrize(
    ("file", "level", "words"),
    [
        (ModelFile("m", "m.safetensors", GOOD, GOOD, default=True), Level.OK, "m, the default: m.safetensors"),
        (ModelFile("m", "m.safetensors", GOOD, OTHER, default=True), Level.ERROR, "run `make setup` to restore it"),
        (ModelFile("m", "m.safetensors", GOOD, "", default=True), Level.ERROR, "the default model, is not there"),
        (ModelFile("m", "m.safetensors", GOOD, OTHER), Level.WARN, "has SHA-256 cdcdcdcdcdcd…"),
        (ModelFile("m", "m.safetensors", GOOD, ""), Level.OK, "needed only where it is named"),
    ],
)
def test_model_file(file: ModelFile, level: Level, words: str) -> None:
    (found,) = check_models([file])
    assert (found.level, words in found.text) == (level, True), found


def test_models_without_a_manifest() -> None:
    (found,) = check_models([], "expected a manifest")
    assert (found.level, found.text) == (Level.ERROR, "expected a manifest")


def test_worst_level() -> None:
    ok, warn = Finding("a", Level.OK, ""), Finding("b", Level.WARN, "")
    assert [worst([]), worst([ok]), worst([ok, warn, ok])] == [Level.OK, Level.OK, Level.WARN]


@pytest.mark.parametrize(
    ("count", "words"), [(212_992, "213 kB"), (2_764_800, "2.8 MB"), (999_999, "1000 kB"), (25_000_000_000, "25 GB")]
)
def test_bytes_in_words(count: int, words: str) -> None:
    assert megabytes(count) == words
