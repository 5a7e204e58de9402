"""The ways to bring a coarse alpha to the picture's full size, by name. docs/edges.md shows each on the same hair."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.matting.classical import METHODS, OneSided, solve
from matteo.matting.clean import remove_ghosts, snap
from matteo.matting.given import from_trimap, impose, ramp
from matteo.matting.guided import RADIUS, guided_filter, guided_upsample
from matteo.matting.refine import Run, refine
from matteo.matting.trimap import unknown_band
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]
Trimap = NDArray[np.uint8]

EDGES = {
    "fine": "a small network of matteo's own, at the picture's own size: hair and fur",
    "fast": "a guided filter that follows the picture's edges, from the size that the network saw",
    "none": "the alpha enlarged, and nothing else",
    "guided": "the guided filter at the picture's own size",
    "closed-form": "closed-form matting, by pymatting",
    "knn": "KNN matting, by pymatting",
}
LARGE = 1024  # an alpha longer than this is worked on at the picture's size, not on its own grid
LEARNED = 0.7  # the refiner's share in the mean with the guided filter's alpha: the two err in different places
CLEAR, SOLID = 0.15, 0.08  # a guess, refined, is taken for 0 or 1 so near to it; what lies between is stretched
DENIED, ALLOWED = 0.005, 0.02  # a guess, as it was told, that lets no alpha be found, and from which it lets all
SMALL = 640  # the grid on which a trimap alone is turned into a first alpha


def check_edges(edges: str) -> None:
    if edges not in EDGES:
        raise UsageError(f"no edges named {edges!r}: choose one of {', '.join(EDGES)}")


def refined(
    edges: str,
    rgb: Rgb,
    coarse: Alpha | None,
    *,
    small: Floats | None = None,
    trimap: Trimap | None = None,
    run: Run | None = None,
    guessed: bool = False,
    hints: Alpha | None = None,
) -> Alpha:
    """Alpha of H x W for rgb (H x W x 3, uint8 or uint16), by a key of EDGES.

    coarse: h x w in [0, 1], of any size; where None, the trimap alone decides. small: h x w x 3 in [0, 1], the picture
    on that grid, where it is at hand. trimap: H x W; outside its unknown part the result is exactly as it says. run:
    the refiner's network, for "fine". guessed: `coarse` is a network's, wrong in places: "fine" is then the mean of the
    refiner's alpha and of the guided filter's, where fur before a ground like it is less often taken for half of it,
    what is nearly certain becomes certain, and faint islands that are left over go.
    hints: h x w, that alpha before it was cleaned, if at hand: "fine" looks for the hair that cleaning took away, and
    for none where they are sure of the background.
    """
    check_edges(edges)
    if edges in METHODS:
        alpha = _solved(edges, rgb, coarse) if trimap is None else solve(edges, rgb, trimap)
    elif edges == "fine":
        if run is None:
            raise UsageError("fine edges need the refiner's network: give it as run")
        alpha = refine(rgb, coarse, run, trimap, guessed=guessed, hints=hints)
        if guessed and coarse is not None and trimap is None:
            if hints is not None:
                deny(alpha, hints)
            other = _without_network("fast", rgb, coarse, small)
            cv2.addWeighted(alpha, LEARNED, other, 1 - LEARNED, 0, dst=alpha)
            snap(alpha, CLEAR, 1 - SOLID, out=alpha)
            remove_ghosts(alpha)
    else:
        alpha = _without_network(edges, rgb, _first(coarse, trimap, rgb, edges), small)
    if trimap is not None:
        impose(alpha, trimap)
    return alpha


def deny(alpha: Alpha, hints: Alpha) -> None:
    """In place: no alpha (H x W) where a network was sure that there is background, by hints (h x w) of its own. The
    grain of a table beside a saucer looks like hair to who sees only that; the network saw the saucer."""
    allowed = np.clip((hints - np.float32(DENIED)) / np.float32(ALLOWED - DENIED), 0, 1)
    cv2.min(alpha, resize(allowed, (alpha.shape[0], alpha.shape[1])), dst=alpha)


def _solved(method: str, rgb: Rgb, coarse: Alpha | None) -> Alpha:
    if coarse is None:
        raise UsageError("give a coarse alpha, or a trimap, or both")
    known = np.where(unknown_band(coarse), 128, np.where(coarse > 0.5, 255, 0)).astype(np.uint8)
    try:
        return solve(method, rgb, known)
    except OneSided:  # no subject, or nothing but the subject: there is no edge to find, and no trimap to blame
        return resize(coarse, (rgb.shape[0], rgb.shape[1])).copy()


def _without_network(edges: str, rgb: Rgb, coarse: Alpha, small: Floats | None) -> Alpha:
    size_hw = rgb.shape[0], rgb.shape[1]
    if edges == "none":
        return resize(coarse, size_hw).copy()
    if edges == "fast" and max(coarse.shape) <= LARGE:
        grid = _small(rgb, (coarse.shape[0], coarse.shape[1])) if small is None else small
        return guided_upsample(coarse, grid, rgb)
    radius = max(1, round(RADIUS * max(size_hw) / max(coarse.shape)))
    return guided_filter(resize(coarse, size_hw), rgb, radius)


def _first(coarse: Alpha | None, trimap: Trimap | None, rgb: Rgb, edges: str) -> Alpha:
    """The coarse alpha, or what the trimap alone suggests; what is known put into it at its own size."""
    if trimap is None:
        if coarse is None:
            raise UsageError("give a coarse alpha, or a trimap, or both")
        return coarse
    if coarse is None:
        if edges == "none":
            return ramp(trimap)
        scale = min(1.0, SMALL / max(trimap.shape))
        small_hw = max(1, round(trimap.shape[0] * scale)), max(1, round(trimap.shape[1] * scale))
        return from_trimap(resize(trimap, small_hw, smooth=False), _small(rgb, small_hw))
    known = resize(trimap, (coarse.shape[0], coarse.shape[1]), smooth=False)
    coarse = coarse.copy()
    impose(coarse, known)
    return coarse


def _small(rgb: Rgb, size_hw: tuple[int, int]) -> Floats:
    return resize(rgb, size_hw).astype(np.float32) / np.float32(np.iinfo(rgb.dtype).max)
