"""What the first frame teaches the classifier: the target seen in many ways, and with some of its features missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .augment import first_frame_views
from .backgrounds import check_distinct
from .boxes import Point
from .classifier import OnlineClassifier
from .config import ClassifierConfig
from .crop import Window, is_of_one_colour
from .errors import BoxError
from .network import Features, Network
from .tracker import Image


def learn_classifier(
    network: Network,
    image: Image,
    window: Window,
    labels: Callable[[Sequence[Point]], Tensor],
    backgrounds: Tensor | None,
    config: ClassifierConfig,
) -> tuple[OnlineClassifier, Features]:
    """Return a classifier that has learnt its target from one frame, and what the network says of the plain view.

    Args:
        network: backbone.
        image: (H, W, 3) uint8 RGB.
        window: the search window with the target in its middle.
        labels: (N, h, w) wanted responses for targets at these offsets from the crop's centre, crop pixels.
        backgrounds: (N, C, h, w) features of pictures without it, from `background_features`; None: any target will do.
        config: settings.

    Raises:
        BoxError: nothing is to be seen in the window, or what is there does not differ from other pictures.
    """
    rng = np.random.default_rng(config.seed)
    views = first_frame_views(image, window, rng)
    if is_of_one_colour(views[0].image):  # what is learnt from nothing is found anywhere
        raise BoxError("something to see in and around the box", "one colour", "Pick the target when it is seen.")
    found = [network(view.image[None]) for view in views]
    features = torch.cat([one.classifier for one in found])  # (17, C, h, w)
    keep = rng.random((config.dropout_samples, features.shape[1])) >= config.dropout
    mask = torch.from_numpy(keep / (1 - config.dropout)).to(features)
    dropped = features[:1] * mask[:, :, None, None]  # (7, C, h, w)
    offsets = [view.offset_xy for view in views] + [views[0].offset_xy] * config.dropout_samples
    classifier = OnlineClassifier(torch.cat([features, dropped]), labels(offsets), config)
    if backgrounds is not None:
        check_distinct(classifier.respond(classifier.project(backgrounds)), config.max_background_spread)
    return classifier, found[0]
