"""Shots as the steadier learns from them: what the network sees of every frame, on half of its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matteo.models.fit import fit, fitted_size
from matteo.models.looks import closer_look, log_odds, look_again
from matteo.picture.geometry import resize, resize_by_halves
from matteo.remover import Remover
from matteo.video.flow import motion
from matteo.video.steady import SURE

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Shots:
    """N shots of T frames, N x T x h x w (rgb x 3, back x 2); uint8 (255 is 1), back float16, in pixels.

    rgb: the frame. true: its alpha. first: alpha of a look at the whole. closer: of a closer one, chances of its
    log-odds times `share`, how far it saw there. seen: of both. back, trust: the way to the frame before.
    """

    rgb: Bytes
    true: Bytes
    first: Bytes
    closer: Bytes
    share: Bytes
    seen: Bytes
    back: NDArray[np.float16]
    trust: Bytes

    def __len__(self) -> int:
        return len(self.true)


def load(paths: Sequence[Path]) -> Shots:
    """Those of several files, one after the other."""
    files = [np.load(path) for path in paths]
    return Shots(**{field.name: np.concatenate([file[field.name] for file in files]) for field in fields(Shots)})


def seen_of(frames: Sequence[Bytes], alphas: Sequence[Floats], remover: Remover) -> Shots:
    """One shot, h x w x 3 and its true alphas in [0, 1], as the network sees it frame by frame."""
    found: dict[str, list[NDArray[np.generic]]] = {field.name: [] for field in fields(Shots)}
    before: Bytes | None = None
    card, look = remover.card, remover.session.look
    for rgb, true in zip(frames, alphas, strict=True):
        small = resize_by_halves(rgb, fitted_size((rgb.shape[0], rgb.shape[1]), card))
        fitted = fit(small, card)
        whole = fitted.coarse_alpha(look(fitted.tensor).alpha, card)
        both = look_again(rgb, whole, card, look, finest=1).alpha
        nothing = np.zeros_like(whole)
        closer, share = (closer_look(rgb, whole, card, look) or (nothing, nothing))[:2]
        odds, grid = share * log_odds(closer, SURE), (whole.shape[0] // 2, whole.shape[1] // 2)
        way = None if before is None else motion(before, small)
        back, trust = (np.zeros((*whole.shape, 2), np.float32), nothing) if way is None else (way.back, way.trust)
        chances = {"true": true, "first": whole, "seen": both, "share": share, "trust": trust}
        chances["closer"] = 1 / (1 + np.exp(-odds))
        for name, values in chances.items():
            found[name].append(np.rint(255 * resize(values, grid)).astype(np.uint8))
        found["rgb"].append(resize(small, grid))
        found["back"].append((resize(back, grid) / 2).astype(np.float16))
        before = small
    return Shots(**{name: np.stack(values)[None] for name, values in found.items()})
