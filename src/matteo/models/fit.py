"""From a picture to a network's tensor and back to an alpha, as the network's card says."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import ModelError
from matteo.models.card import ModelCard
from matteo.picture.colour import narrow
from matteo.picture.geometry import resize_by_halves
from matteo.picture.image import Alpha, Rgb
from matteo.picture.noise import made_plain

LONGEST = 4  # a strip is not brought to more than this many times `side` on its long side


@dataclass(frozen=True)
class Fitted:
    """tensor: 1 x 3 x h x w float32 for the network; rgb: the picture, h' x w' x 3 float32 in [0, 1], unpadded.

    Where that is dark or noisy, the network sees it brighter and quieter (`matteo.picture.noise`).
    """

    tensor: NDArray[np.float32]
    rgb: NDArray[np.float32]

    def coarse_alpha(self, output: NDArray[np.float32], card: ModelCard) -> Alpha:
        """The network's output as h' x w' alpha in [0, 1] on the grid of `rgb`: the padding is taken away again."""
        if output.ndim != 4 or output.shape[-2:] != self.tensor.shape[-2:]:
            raise ModelError(
                f"{card.name} gave {output.shape} for an input of {self.tensor.shape}: not an alpha of the input's size"
            )
        height, width = self.rgb.shape[:2]
        alpha = output[0, 0, :height, :width]
        if card.output == "logits":
            alpha = np.asarray(1 / (1 + np.exp(-np.clip(alpha, -30, 30))), np.float32)
        # What is no number (fp16 that ran over) must not pass for a subject.
        return np.asarray(np.clip(np.nan_to_num(alpha, nan=0.0), 0.0, 1.0), np.float32)


def fitted_size(size_hw: tuple[int, int], card: ModelCard) -> tuple[int, int]:
    """Height and width of the picture as the network sees it, before padding.

    "pad": the area of side x side in the picture's own shape, so that a panorama is seen as sharply as a square.
    """
    if card.fit == "stretch":
        return card.side, card.side
    height, width = size_hw
    scale = min(card.side / (height * width) ** 0.5, LONGEST * card.side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def fit(rgb: Rgb, card: ModelCard) -> Fitted:
    """rgb: H x W x 3, uint8 or uint16."""
    # In 8 and in 16 bits a picture is to come out the same, whatever a network does with half a level.
    small = resize_by_halves(narrow(rgb), fitted_size((rgb.shape[0], rgb.shape[1]), card))
    down, right = (-length % card.multiple if card.fit == "pad" else 0 for length in small.shape[:2])
    padded = cv2.copyMakeBorder(np.asarray(made_plain(small)), 0, down, 0, right, cv2.BORDER_REPLICATE)
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    tensor = np.empty((1, 3, *padded.shape[:2]), np.float32)
    for plane, channel, mean, std in zip(tensor[0], cv2.split(padded), card.mean, card.std, strict=True):
        normal = (levels - np.float32(mean)) / np.float32(std)
        np.take(normal, np.asarray(channel, np.uint8), out=plane, mode="clip")
    return Fitted(tensor, small.astype(np.float32) / np.float32(255))
