"""The processor: its instructions, which set the precision that pays, and its threads."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level

X86 = {"avx2": "AVX2", "fma": "FMA", "avx512f": "AVX-512", "avx512_vnni": "VNNI", "avx512_bf16": "bf16"}
ARM = {"asimd": "NEON", "asimdhp": "fp16", "bf16": "bf16", "i8mm": "int8"}
"""Flags of /proc/cpuinfo that matter to the network, and what people call them."""

ARM_NAMES = ("aarch64", "arm64")
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""Each of them stands for products of bf16."""


@dataclass(frozen=True)
class Processor:
    """What the network has to run on.

    Attributes:
        machine: architecture, as of platform.machine(), e.g. "x86_64".
        name: model name; may be empty.
        flags: as in /proc/cpuinfo.
        cpus: how many this process may use, whole ones: affinity and container quota counted.
        torch_threads: threads of the network in this process; None = torch is not loaded.
        wait_policy: OMP_WAIT_POLICY, as the threads were made with it.
    """

    machine: str = ""
    name: str = ""
    flags: frozenset[str] = frozenset()
    cpus: int = 1
    torch_threads: int | None = None
    wait_policy: str = ""

    @property
    def has_bf16(self) -> bool:
        """Whether an x86 processor multiplies bf16; what runs the network on ARM does so in fp32."""
        return self.machine not in ARM_NAMES and not BF16_FLAGS.isdisjoint(self.flags)


def check_precision(processor: Processor) -> Finding:
    """Judge which number formats the processor is fast in."""
    named = ARM if processor.machine in ARM_NAMES else X86
    has = [words for flag, words in named.items() if flag in processor.flags]
    tiles = ", AMX" * ("amx_bf16" in processor.flags)
    runs = "the network runs in fp32" + ", or in bf16 with engine openvino" * processor.has_bf16
    name = f"{processor.name or processor.machine or 'processor'}: {', '.join(has) or 'no vector flags known'}"
    if not processor.flags:
        return Finding("processor", Level.OK, f"{processor.machine or 'processor'}: its flags cannot be read here")
    if named is X86 and not {"avx2", "fma"} <= processor.flags:
        advice = "the network will be several times slower; in a virtual machine, pass the host's processor through"
        return Finding("processor", Level.WARN, f"{name}; AVX2 and FMA are missing", advice)
    return Finding("processor", Level.OK, f"{name}{tiles}; {runs}")


def check_threads(processor: Processor) -> Finding:
    """Judge the number of threads against the processors that there are."""
    cpus = f"{processor.cpus} processor{'s' * (processor.cpus != 1)}"
    if processor.wait_policy.upper() == "ACTIVE":
        advice = "unset it: waiting threads then burn the processor that the network needs"
        return Finding("threads", Level.WARN, f"OMP_WAIT_POLICY is {processor.wait_policy}", advice)
    if processor.torch_threads is None:
        return Finding("threads", Level.OK, f"{cpus} to use")
    seen = f"the network takes {processor.torch_threads} thread{'s' * (processor.torch_threads != 1)} on {cpus}"
    if processor.torch_threads > processor.cpus:
        advice = f"set torch_threads to {processor.cpus}, or the threads hold each other up"
        return Finding("threads", Level.WARN, seen, advice)
    return Finding("threads", Level.OK, seen)
