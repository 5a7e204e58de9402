"""Trains the fully connected heads (`verdict`) on a network that stays as it is.

    python -m matteo.learning.heads --data DATA --weights W.pt --into heads.pt [--keep FOLDER] [--every 2]

The kind is learned from the training tars. The scale of the quality is learned from the pairs that the network was not
trained on (every 20th), shown plain and spoiled, so that there are failures among them.
Printed: the kind's accuracy on the pairs left out, as they are; and of the quality, on ECSSD and portraits, which teach
nothing, how well it finds failures and means what it says, beside the expected overlap that needs no head
(`matting.confidence.expected_iou`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from matteo.learning.checkpoint import load_weights, write_whole
from matteo.learning.data import Pair, is_held_out, pairs_of
from matteo.learning.evaluation.calibration import reliability
from matteo.learning.fit_heads import fit_kind, fit_quality, quality_of
from matteo.learning.kinds import TARS
from matteo.learning.network import Network
from matteo.learning.seen import UNTOLD, Seen, View, look_at, views_of
from matteo.learning.trust import found_below, trust_of
from matteo.learning.verdict import EXPECTED, KINDS, Head, Verdict, fingerprint, state_of
from matteo.models.session import default_threads

SIDE = 320
LONGEST = 400
VERSION = 2  # of the views and their targets: what was kept of an earlier one is not taken
JUDGES = ("val-ecssd", "val-eg1800")


def of_training(data: Path, every: int, *, held_out: bool) -> Iterator[tuple[str, Pair]]:
    """(tar, pair) of all tars that kinds are known of: those left out, or of those trained on every n-th."""

    def is_wanted(index: int) -> bool:
        return is_held_out(index) if held_out else not is_held_out(index) and index % every == 1 % every

    for name in TARS:
        for pair in pairs_of(data / f"{name}.tar", is_wanted, LONGEST):
            yield name, pair


def views_for(name: str, data: Path, scenes: list[Pair], every: int, shown: int) -> Iterator[View]:
    if name in JUDGES:
        judged = ((name, pair) for pair in pairs_of(data / f"{name}.tar", longest=LONGEST))
        return views_of(judged, (), side=SIDE, shown=1, share_plain=1.0, seed=2)
    if name == "own":
        pairs = of_training(data, every, held_out=False)
        return views_of(pairs, scenes, side=SIDE, shown=1, share_plain=0.5, seed=0)
    return views_of(of_training(data, 1, held_out=True), scenes, side=SIDE, shown=shown, share_plain=0.2, seed=1)


def look_at_all(network: Network, data: Path, every: int, shown: int, keep: Path | None) -> dict[str, Seen]:
    """What the network saw of "left out", "own" (trained on) and the judges. Kept in `keep`, and taken from there."""
    scenes = list(pairs_of(data / "backgrounds.tar", lambda index: not is_held_out(index), LONGEST))
    seen = {}
    for name in (*JUDGES, "left out", "own"):
        began = time.perf_counter()
        path = keep / f"{name}.npz" if keep else None
        if path and path.exists():
            seen[name] = Seen.load(path)
        else:
            seen[name] = look_at(network, views_for(name, data, scenes, every, shown))
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                seen[name].save(path)
        iou, seconds = seen[name].iou, time.perf_counter() - began
        scores = f"IoU {iou.mean():.3f}, {np.mean(iou < 0.8):.0%} under .8"
        print(f"{name}: {len(iou)} views in {seconds:.0f} s, {scores}", flush=True)
    return seen


def plain_of(seen: Seen) -> NDArray[np.bool_]:
    """The first view of each picture: as it is."""
    return np.asarray(np.diff(seen.picture, prepend=-1) != 0)


def say_kinds(head: Head, left_out: Seen) -> None:
    told = plain_of(left_out) & (left_out.kind != UNTOLD)
    with torch.inference_mode():
        given = head(torch.from_numpy(left_out.inputs[told])).argmax(1).numpy()
    true = left_out.kind[told]
    print(f"\nkind: {np.mean(given == true):.3f} right of {len(true)} pictures left out\n")
    print("| is \\ called | " + " | ".join(KINDS) + " | right |\n|" + "---|" * (len(KINDS) + 2))
    for k, kind in enumerate(KINDS):
        row = np.bincount(given[true == k], minlength=len(KINDS))
        print(f"| {kind} | " + " | ".join(map(str, row)) + f" | {row[k] / max(1, row.sum()):.3f} |")


def say_quality(layer: nn.Linear, seen: dict[str, Seen]) -> None:
    print("\n| pictures | confidence | finds failures (IoU under .8) |\n|---|---|---|")
    pooled_iou = np.concatenate([seen[name].iou for name in JUDGES])
    stated = {name: quality_of(layer, seen[name]) for name in JUDGES}
    expected = {name: seen[name].inputs[:, EXPECTED] for name in JUDGES}
    for what, by_name in (("expected overlap", expected), ("quality", stated)):
        for name in JUDGES:
            print(f"| {name} | {what} | {trust_of(by_name[name], seen[name].iou)} |")
        print(f"| both | {what} | {trust_of(np.concatenate([*by_name.values()]), pooled_iou)} |")
    both = np.concatenate([*stated.values()])
    print("\n| stated | pictures | reached |\n|---|---|---|")
    for each in reliability(both, pooled_iou):
        print(f"| {each.confidence:.2f} | {each.pictures} | {each.iou:.2f} |")
    print("\n| named under | share | precision | recall |\n|---|---|---|---|")
    for threshold in (0.5, 0.6, 0.7, 0.75, 0.8):
        share, precision, recall = found_below(both, pooled_iou, threshold)
        print(f"| {threshold} | {share:.1%} | {precision:.2f} | {recall:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--every", type=int, default=2, help="of the pictures trained on, every n-th")
    parser.add_argument("--shown", type=int, default=3, help="views of a picture left out")
    parser.add_argument("--keep", type=Path, help="a folder for what the network saw, to train the heads again")
    options = parser.parse_args()
    torch.set_num_threads(default_threads())
    network = load_weights(options.weights).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    identity = f"{fingerprint(network)[:12]}-{options.every}-{options.shown}-{VERSION}"
    seen = look_at_all(network, options.data, options.every, options.shown, options.keep and options.keep / identity)
    verdict = Verdict(network.form.widths[3] + network.form.decoder[3])
    verdict.kind = fit_kind(seen["own"])
    verdict.quality = fit_quality(seen["left out"])
    write_whole(options.into, state_of(verdict, network))
    say_kinds(verdict.kind, seen["left out"])
    say_quality(verdict.quality, seen)


if __name__ == "__main__":
    main()
