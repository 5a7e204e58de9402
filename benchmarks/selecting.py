"""How many hints it takes, by somebody who always clicks where the error is deepest: the table of docs/selecting.md.

    python benchmarks/selecting.py --data DATA [--every 10] [--clicks 5]

ECSSD's subjects, and one of two subjects in a picture made of two of ECSSD's; at the pictures' own size, with fast
edges. Beside it GrabCut (Rother 2004) as OpenCV has it, given the same clicks, or the same box; what nothing is said
of is "probably background" to it until it has found something. IoU, mean over the pictures; and the clicks it takes
to come to .90 (so many, where it never does).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo import Hints, Image, Remover
from matteo.learning.augment_place import as_bytes
from matteo.learning.data import Pair, pairs_of
from matteo.learning.hints.made import depth
from matteo.learning.hints.scenes import LARGER, share, with_second

Mask = NDArray[np.bool_]
Point = tuple[float, float]
ENOUGH = 0.9
POINT = 4  # radius of GrabCut's points, in pixels


@dataclass(frozen=True)
class Case:
    rgb: NDArray[np.uint8]
    wanted: Mask


Solve = Callable[[Case, list[Point], list[Point]], Mask]


def cases(data: Path, every: int, *, two: bool) -> Iterator[Case]:
    pairs = list(pairs_of(data / "val-ecssd.tar", lambda index: index % every == 0))
    if not two:
        yield from (Case(pair.rgb, pair.mask > 127) for pair in pairs)
        return
    for number, (pair, other) in enumerate(zip(pairs, [*pairs[1:], pairs[0]], strict=True)):
        yield from one_of_two(pair, other, number)


def one_of_two(pair: Pair, other: Pair, number: int) -> Iterator[Case]:
    rng = np.random.default_rng(number)
    size_wh = pair.mask.shape[::-1]
    rgb, mask = (as_bytes(cv2.resize(of, size_wh)) for of in (other.rgb, other.mask))
    rgb, pasted = with_second(pair.rgb, rgb, mask, rng)
    parts = np.minimum(pair.mask, 255 - pasted), pasted
    if min(map(share, parts)) > LARGER:
        yield Case(rgb, parts[number % 2] > 127)


def overlap(found: Mask, wanted: Mask) -> float:
    return float((found & wanted).sum() / max(1, (found | wanted).sum()))


def next_click(found: Mask, wanted: Mask) -> tuple[bool, Point]:
    """Whether to keep or to drop, and where: the deepest place of the larger error."""
    depths = depth((wanted & ~found).astype(np.uint8)), depth((found & ~wanted).astype(np.uint8))
    keep = depths[0].max() >= depths[1].max()
    y, x = np.unravel_index(int(depths[0 if keep else 1].argmax()), wanted.shape)
    return bool(keep), (float(x), float(y))


def clicked(case: Case, solve: Solve, clicks: int, nothing: Mask) -> list[float]:
    """IoU after 0, 1, 2, … clicks. nothing: what is found before the first."""
    keep, drop, found, scores = list[Point](), list[Point](), nothing, [overlap(nothing, case.wanted)]
    for number in range(clicks):
        keeps, point = next_click(found if number else np.zeros_like(found), case.wanted)
        (keep if keeps else drop).append(point)
        found = solve(case, keep, drop)
        scores.append(overlap(found, case.wanted))
    return scores


def cut(rgb: NDArray[np.uint8], marks: NDArray[np.uint8], rect: tuple[int, int, int, int], mode: int) -> Mask:
    cv2.setRNGSeed(0)
    cv2.grabCut(rgb, marks, rect, np.zeros((1, 65)), np.zeros((1, 65)), 5, mode)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


def grabcut(case: Case, keep: list[Point], drop: list[Point]) -> Mask:
    marks = np.full(case.wanted.shape, cv2.GC_PR_BGD, np.uint8)
    if keep and drop:
        marks[:] = cv2.GC_PR_FGD
    for points, value in ((keep, cv2.GC_FGD), (drop, cv2.GC_BGD)):
        for x, y in points:
            cv2.circle(marks, (round(x), round(y)), POINT, value, -1)
    return cut(case.rgb, marks, (0, 0, 1, 1), cv2.GC_INIT_WITH_MASK)


def grabcut_in_box(case: Case, box: tuple[int, int, int, int]) -> Mask:
    x0, y0, x1, y1 = box
    rect = (x0, y0, max(1, x1 - x0), max(1, y1 - y0))
    return cut(case.rgb, np.zeros(case.wanted.shape, np.uint8), rect, cv2.GC_INIT_WITH_RECT)


def box_of(wanted: Mask) -> tuple[int, int, int, int]:
    """A twentieth larger than needed, on each side."""
    (ys, xs), sides = np.nonzero(wanted), wanted.shape
    room = 0.05 * (ys.max() - ys.min()), 0.05 * (xs.max() - xs.min())
    x0, y0 = max(0, int(xs.min() - room[1])), max(0, int(ys.min() - room[0]))
    return x0, y0, min(sides[1] - 1, int(xs.max() + room[1]) + 1), min(sides[0] - 1, int(ys.max() + room[0]) + 1)


def row(name: str, scores: list[list[float]]) -> str:
    values = np.array(scores)
    reached = [next((n for n, score in enumerate(one) if n and score >= ENOUGH), len(one)) for one in scores]
    means = " | ".join(f"{mean:.3f}" for mean in values.mean(0))
    return f"| {name} | {means} | {np.mean(reached):.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--clicks", type=int, default=5)
    parser.add_argument("--no-grabcut", action="store_true")
    options = parser.parse_args()
    remover = Remover()

    def ours(case: Case, keep: list[Point], drop: list[Point]) -> Mask:
        alpha = remover.cut(Image(case.rgb), hints=Hints(keep, drop), foreground=False, edges="fast").alpha
        return np.asarray(alpha > 0.5)

    def automatic(case: Case) -> Mask:
        return np.asarray(remover.cut(Image(case.rgb), foreground=False, edges="fast").alpha > 0.5)

    head = " | ".join(str(n) for n in range(options.clicks + 1))
    for two in (False, True):
        given = list(cases(options.data, options.every, two=two))
        print(f"\n{'one of two subjects' if two else 'ECSSD'}: {len(given)} pictures\n")
        print(f"| clicks | {head} | to {ENOUGH} |\n|{'---|' * (options.clicks + 3)}")
        print(row("matteo", [clicked(case, ours, options.clicks, automatic(case)) for case in given]), flush=True)
        if not options.no_grabcut:
            empty = [np.zeros_like(case.wanted) for case in given]
            scores = [clicked(c, grabcut, options.clicks, e) for c, e in zip(given, empty, strict=True)]
            print(row("GrabCut", scores), flush=True)
        boxes = [box_of(case.wanted) for case in given]
        found = [
            remover.cut(Image(case.rgb), hints=Hints(box=box), foreground=False, edges="fast").alpha > 0.5
            for case, box in zip(given, boxes, strict=True)
        ]
        theirs = [grabcut_in_box(case, box) for case, box in zip(given, boxes, strict=True)]
        for name, masks in (("matteo", found), ("GrabCut", theirs)):
            mean = np.mean([overlap(mask, case.wanted) for mask, case in zip(masks, given, strict=True)])
            print(f"\nin a box, {name}: {mean:.3f}", flush=True)


if __name__ == "__main__":
    main()
