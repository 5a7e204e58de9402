"""What int8 gains and costs: ONNX Runtime's static quantisation of a network, beside its fp32 self.

    python benchmarks/int8.py --data DATA --model fp32/matteo.onnx [--threads 2] [--every 4] [--rounds 30]

Calibrated with pictures that the network was not trained on. Time: runs of all variants in turn, so that what else the
machine does hits all alike; medians, of the wall clock and of the processor's own time. Accuracy: whole pipeline at the
pictures' own size, every n-th of ECSSD and of the portraits.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from py_sod_metrics import MAE, FmeasureHandler, FmeasureV2

from matteo import Image, ModelCard, Remover
from matteo.learning.data import Pair, pairs_of
from matteo.learning.export import fitted
from matteo.learning.quantise import Variant, quantise
from matteo.models.card import to_json
from matteo.models.session import Session
from matteo.models.table import find
from matteo.models.weights import weights_of

JUDGES = ("val-ecssd.tar", "val-eg1800.tar")


VARIANTS = {
    "all but the heads": Variant(ends=False, narrow=False, extremes=True),
    "the same, ends fp32": Variant(narrow=False, extremes=True),
    "the same, 7-bit weights": Variant(extremes=True),
    "the same, without extremes": Variant(),
    "the same, signed": Variant(unsigned=False),
}


def write(folder: Path, number: int, data: bytes, card: ModelCard) -> Path:
    """The file of a variant, with its card beside it."""
    path = folder / f"variant-{number}.onnx"
    path.write_bytes(data)
    checksum = "sha256:" + sha256(data).hexdigest()
    facts = replace(card, name=path.stem, file=path.name, checksum=checksum, bytes=len(data), sources=())
    path.with_suffix(".json").write_text(to_json(facts))
    return path


def times_of(sessions: dict[str, Session], card: ModelCard, rounds: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds, by the wall clock and of processor time, of each, taken in turn."""
    x = np.random.default_rng(0).standard_normal((1, 3, card.side, card.side), np.float32)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sessions}
    for _ in range(rounds + 2):
        for name, session in sessions.items():
            wall, processor = time.perf_counter(), time.process_time()
            session.run(x)
            taken[name].append((time.perf_counter() - wall, time.process_time() - processor))
    medians = {name: 1000 * np.median(values[2:], axis=0) for name, values in taken.items()}
    return {name: (float(wall), float(processor)) for name, (wall, processor) in medians.items()}


def accuracy(remover: Remover, pairs: list[Pair]) -> str:
    f, mae, ious = FmeasureV2({"f": FmeasureHandler(with_dynamic=True, with_adaptive=False, beta=0.3)}), MAE(), []
    for pair in pairs:
        alpha, true = remover.cut(Image(pair.rgb), foreground=False).alpha, pair.mask > 127
        f.step(pred=alpha, gt=true, normalize=False)
        mae.step(pred=alpha, gt=true, normalize=False)
        ious.append(((alpha > 0.5) & true).sum() / max(1, ((alpha > 0.5) | true).sum()))
    max_f, error = f.get_results()["f"]["dynamic"].max(), mae.get_results()["mae"]
    return f"{max_f:.4f} / {error:.4f} / {np.mean(ious):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True, help="in fp32, as exported without --int8")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    card, local = find(options.model)
    original = weights_of(card, local)
    inputs = fitted(options.data, card.side)
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), original.read_bytes()
        paths = {"fp32": original}
        for number, (variant, how) in enumerate(VARIANTS.items()):
            paths[variant] = write(folder, number, quantise(data, inputs, how), card)
        sessions = {name: Session(path, card, threads=options.threads) for name, path in paths.items()}
        times = times_of(sessions, card, options.rounds)
        print(f"{options.threads} threads\n\n| network | MB | ms | processor ms | of fp32's | {' | '.join(JUDGES)} |")
        print("|---|---|---|---|---|---|---|", flush=True)
        judges = [list(pairs_of(options.data / judge, lambda i: i % options.every == 0)) for judge in JUDGES]
        for name, path in paths.items():
            remover = Remover(options.model if name == "fp32" else path, threads=options.threads)
            scores = " | ".join(accuracy(remover, pairs) for pairs in judges)
            wall, processor = times[name]
            ratio = f"{wall / times['fp32'][0]:.2f}, {processor / times['fp32'][1]:.2f}"
            print(
                f"| {name} | {path.stat().st_size / 1e6:.1f} | {wall:.1f} | {processor:.1f} | {ratio} | {scores} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
