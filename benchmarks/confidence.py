"""How far the confidence can be trusted, as the pipeline states it: the tables of docs/confidence.md.

    python benchmarks/confidence.py --data DATA [--model matteo] [--every 1]

ECSSD and the eg1800 test list, at the pictures' own size with the alpha only enlarged: how well it finds failures (IoU
under 0.8), whether it means what it says, and what share of the failures a threshold names.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matteo import Image, Remover
from matteo.learning.data import pairs_of
from matteo.learning.evaluation.calibration import reliability
from matteo.learning.trust import found_below, trust_of

JUDGES = ("val-ecssd.tar", "val-eg1800.tar")
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8)


def stated_and_reached(remover: Remover, path: Path, every: int) -> NDArray[np.float64]:
    """n x 2: the confidence and the IoU of each n-th pair."""
    rows = []
    for pair in pairs_of(path, lambda index: index % every == 0):
        cutout = remover.cut(Image(pair.rgb), foreground=False, edges="none")
        found, true = cutout.alpha > 0.5, pair.mask > 127
        rows.append((cutout.confidence, (found & true).sum() / max(1, (found | true).sum())))
    return np.array(rows, np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="matteo")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    remover = Remover(options.model)
    seen = {name: stated_and_reached(remover, options.data / name, options.every) for name in JUDGES}
    both = np.concatenate([*seen.values()])
    for name, rows in (*seen.items(), ("both", both)):
        print(f"{name}: {trust_of(rows[:, 0], rows[:, 1])}")
    print("\n| stated | pictures | reached |\n|---|---|---|")
    for each in reliability(both[:, 0], both[:, 1]):
        print(f"| {each.confidence:.2f} | {each.pictures} | {each.iou:.2f} |")
    print("\n| named under | share named | precision | recall |\n|---|---|---|---|")
    for threshold in THRESHOLDS:
        share, precision, recall = found_below(both[:, 0], both[:, 1], threshold)
        print(f"| {threshold} | {share:.1%} | {precision:.2f} | {recall:.2f} |")


if __name__ == "__main__":
    main()
