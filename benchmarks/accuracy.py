"""Accuracy of a network through the whole pipeline, at the pictures' own size, by size and shape of its input.

    python benchmarks/accuracy.py --data DATA [--model matteo] [--sets val-ecssd.tar,val-eg1800.tar] [--every 1]
                                  [--sides 256,320,384] [--fits pad,stretch]

The rows of docs/results.md. `matteo evaluate` measures the same way, and gives all scores, intervals and a report.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from matteo.learning.evaluation.compare import compare
from matteo.learning.evaluation.contestants import contestants, trials
from matteo.learning.evaluation.run import Settings
from matteo.learning.evaluation.summary import SetSummary, Standing


def row(summary: SetSummary, standing: Standing) -> str:
    card, scores = standing.contestant.card, standing.scores
    found = f"{scores['auroc'].value:.3f}" if "auroc" in scores else "none"
    numbers = f"{scores['max_f'].value:.4f} | {scores['mae'].value:.4f} | {scores['iou'].value:.4f}"
    failures = f"{found} ({standing.failures} of {summary.pictures})"
    return f"| {summary.trial.name} | {card.side} | {card.fit} | {numbers} | {failures} | {standing.seconds:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="matteo")
    parser.add_argument("--sets", default="val-ecssd.tar,val-eg1800.tar")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--sides", help="instead of the card's")
    parser.add_argument("--fits", help="instead of the card's: pad,stretch")
    options = parser.parse_args()
    sides = [int(side) for side in options.sides.split(",")] if options.sides else []
    models = contestants([options.model], sides, options.fits.split(",") if options.fits else [])
    print("| set | side | fit | max F | MAE | IoU | AUROC (failures) | seconds |\n|---|---|---|---|---|---|---|---|")
    for trial in trials([options.data / name for name in options.sets.split(",")], options.every):
        for summary in compare(models, [trial], Settings()):
            for standing in summary.standings:
                print(row(summary, standing), flush=True)
            for key, why in summary.skipped.items():
                print(f"not measured: {key}: {why}")


if __name__ == "__main__":
    main()
