"""What a backbone learns: to tell the classes of ImageNet (paper, section 4.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..network.scaling import scale_pixels
from ..network.seresnet18 import SEResNet18
from .pictures import Feed, ValidationPictures, load

TOP = 5


class BackboneLoss(nn.Module):
    """Backbone and a linear classifier on the mean of its deepest level; the loss is the cross entropy.

    Args:
        backbone: with one level, the deepest.
        classes: number of them.
    """

    def __init__(self, backbone: SEResNet18, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.channels[-1], classes)
        for module in self.modules():  # He et al., ICCV 2015, as ResNet's authors do
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def scores(self, pixels: Tensor) -> Tensor:
        """(N, 3, S, S) uint8 RGB -> (N, classes)."""
        scaled = scale_pixels(pixels, self.backbone).contiguous(memory_format=torch.channels_last)
        (features,) = self.backbone(scaled)  # (N, C, S / 32, S / 32)
        scores: Tensor = self.head(features.mean(dim=(2, 3)))  # (N, classes)
        return scores

    def forward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """(N, 3, S, S) uint8 RGB and (N,) classes -> the mean loss."""
        return functional.cross_entropy(self.scores(pixels).float(), labels)


class BackboneTask:
    """Training of a backbone; see `loop.Task`.

    Args:
        module: what is trained, on its device.
        feed: training batches.
        held_out: validation pictures.
        batch: validation pictures at a time.
        workers: processes that load them.
    """

    def __init__(
        self, module: BackboneLoss, feed: Feed, held_out: ValidationPictures, batch: int = 256, workers: int = 0
    ) -> None:
        self.module = module
        self._feed = feed
        self._held_out = held_out
        self._batch = batch
        self._workers = workers
        self._device = module.head.weight.device

    def batch(self, step: int, rank: int, ranks: int) -> tuple[Tensor, Tensor]:
        """Return the arguments of `BackboneLoss` for a step."""
        pixels, labels = self._feed.read(step, rank, ranks)
        return pixels.to(self._device, non_blocking=True), labels.to(self._device, non_blocking=True)

    def validate(self) -> dict[str, float]:
        """Return, over the validation pictures, `validation_loss` and the accuracies `top1` and `top5`."""
        loss, hits = 0.0, torch.zeros(TOP)
        for pixels, labels in load(self._held_out, self._workers, batch_size=self._batch):
            scores = self.module.scores(pixels.to(self._device)).float().cpu()  # (N, classes)
            loss += float(functional.cross_entropy(scores, labels, reduction="sum"))
            found = scores.topk(min(TOP, scores.shape[1])).indices == labels[:, None]  # (N, 5)
            hits[: found.shape[1]] += found.sum(dim=0)
        count = len(self._held_out)
        return {
            "validation_loss": loss / count,
            "top1": float(hits[0]) / count,
            "top5": float(hits.sum()) / count,
        }
