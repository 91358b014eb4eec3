"""In which numbers the network may run: fp32, fp16 on CUDA, or bf16 where the processor has it."""

from __future__ import annotations

from ..checks.processor import Processor
from ..core.errors import ConfigError

AUTO, FP32, FP16, BF16 = "auto", "fp32", "fp16", "bf16"

PASSED: dict[str, tuple[str, ...]] = {}
"""By SHA-256 of a model file, the precisions that "auto" may take beside fp32; none with the tracker as it is.

A model passes where, on the ten targets of the test data, its AUC is within 0.01 of fp32's and the area under the ROC
curve of its score is at most 0.01 lower, with the default table of candidates and in the mean over three. Figures and
commands are in docs/adr/0016 and 0018. A new model, or a tracker that finds other boxes, has to be measured anew.
"""


def precisions(name: str, model_sha256: str, processor: Processor) -> tuple[str, ...]:
    """Return the precisions that a name stands for; one that is asked for by name need not have passed.

    Args:
        name: "fp32", "fp16", "bf16" or "auto".
        model_sha256: of the model file.
        processor: that shall run it.

    Raises:
        ConfigError: another name.
    """
    if name in (FP32, FP16, BF16):
        return (name,)
    if name != AUTO:
        raise ConfigError(f"precision {FP32}, {FP16}, {BF16} or {AUTO}", repr(name), "Correct the precision.")
    passed = BF16 in PASSED.get(model_sha256, ()) and processor.has_bf16
    return (FP32, BF16) if passed else (FP32,)
