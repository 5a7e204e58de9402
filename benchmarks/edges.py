"""Edges: matteo's refiner beside bicubic enlargement, the guided filter and closed-form matting (pymatting).

    python benchmarks/edges.py --data DATA [--only shrunk,trimap,network,made,time,nothing-worse] [--every 1]

shrunk         alphamatting.com's pictures; the coarse alpha is the true one at a quarter of its size, blurred
trimap         the same with the set's own trimaps and nothing else
network        their subjects before other photographs, the coarse alpha by the shipped network
made           the same on made scenes (`matteo data synthesize`) of photographs left out of training, 60 in all: what
               the refiner is tuned on
time           a portrait of 12 megapixels; and what 100 megapixels take
nothing-worse  IoU and MAE on ECSSD and portraits: enlarged only, by the guided filter, by the refiner, by both ("fine")

Errors are sums over the trimaps' unknown region (Rhemann 2009), means of all pictures. Needs the dependency group
`bench`.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from pictures import enlarged
from skimage import data as photographs

from matteo import Remover
from matteo.learning.data import decode, is_held_out, pairs_of, read_tar
from matteo.learning.metrics_matting import connectivity_error, gradient_error, mse, sad
from matteo.learning.synthesis.scene import is_usable, make_composite
from matteo.matting import edges
from matteo.matting.classical import preconditioner
from matteo.matting.clean import cleaned, settle
from matteo.matting.guided import guided_upsample
from matteo.matting.refine import Run, refine
from matteo.matting.trimap import unknown_band
from matteo.models.companions import REFINER, companion
from matteo.models.fit import fit
from matteo.models.looks import look_again
from matteo.picture.geometry import cover, resize

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Method = Callable[[Bytes, Floats], Floats]
METRICS = {"SAD": sad, "MSE": mse, "gradient": gradient_error, "connectivity": connectivity_error}
MADE = 60
SCENES = ("coffee", "rocket", "brick", "grass", "gravel", "retina", "immunohistochemistry", "hubble_deep_field")


@dataclass(frozen=True)
class Subject:
    """One picture of the set: rgb H x W x 3, its true alpha in [0, 1], and its trimap (0, 128, 255)."""

    key: str
    rgb: Bytes
    alpha: Floats
    trimap: Bytes

    @property
    def unknown(self) -> NDArray[np.bool_]:
        return (self.trimap > 0) & (self.trimap < 255)


def subjects(data: Path, every: int) -> Iterator[Subject]:
    for index, (key, files) in enumerate(read_tar(data / "val-alphamatting.tar").items()):
        if index % every == 0:
            alpha = decode(files[".alpha.png"], "L").astype(np.float32) / np.float32(255)
            yield Subject(key, decode(files[".avif"], "RGB"), alpha, decode(files[".trimap.png"], "L"))


@dataclass(frozen=True)
class Guess:
    """A network's alpha on its own grid, as the pipeline finds it, and as it was before it was cleaned."""

    coarse: Floats
    raw: Floats


def shrunk(alpha: Floats) -> Floats:
    """A quarter of the size, blurred by one pixel there."""
    small = resize(alpha, (alpha.shape[0] // 4, alpha.shape[1] // 4))
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)


@cache
def network() -> Run:
    return companion(REFINER).run


def bicubic(rgb: Bytes, coarse: Floats) -> Floats:
    return resize(coarse, (rgb.shape[0], rgb.shape[1]))


def guided(rgb: Bytes, coarse: Floats) -> Floats:
    small = resize(rgb, (coarse.shape[0], coarse.shape[1])).astype(np.float32) / np.float32(255)
    return guided_upsample(coarse, small, rgb)


def closed_form_from(rgb: Bytes, coarse: Floats) -> Floats:
    band = resize(unknown_band(coarse), (rgb.shape[0], rgb.shape[1]), smooth=False)
    alpha = bicubic(rgb, coarse)
    return closed_form(rgb, np.where(band, np.float32(0.5), (alpha > 0.5).astype(np.float32)))


def closed_form(rgb: Bytes, trimap: Floats) -> Floats:
    """Closed-form matting (Levin 2008) by pymatting; trimap: 0, 0.5, 1."""
    import pymatting

    alpha = pymatting.estimate_alpha_cf(rgb / 255.0, trimap.astype(np.float64), preconditioner=preconditioner)
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


def refined(rgb: Bytes, coarse: Floats) -> Floats:
    return refine(rgb, coarse, network())


def refined_guess(rgb: Bytes, guess: Guess) -> Floats:
    return refine(rgb, guess.coarse, network(), guessed=True, hints=guess.raw)


METHODS: dict[str, Method] = {
    "bicubic": bicubic, "guided": guided, "closed-form": closed_form_from, "refiner": refined,
}  # fmt: skip
FROM_A_NETWORK: dict[str, Callable[[Bytes, Guess], Floats]] = {
    "bicubic": lambda rgb, guess: bicubic(rgb, guess.coarse),
    "guided": lambda rgb, guess: guided(rgb, guess.coarse),
    "refiner": lambda rgb, guess: refine(rgb, guess.coarse, network(), guessed=True),
    "refiner with hints": refined_guess,
    "fine": lambda rgb, guess: edges.refined("fine", rgb, guess.coarse, run=network(), guessed=True, hints=guess.raw),
}


class Table:
    """Errors of several methods on the same pictures, printed as means beside the first method's."""

    def __init__(self) -> None:
        self.rows: dict[str, list[list[float]]] = {}

    def add(self, method: str, pred: Floats, true: Floats, where: NDArray[np.bool_]) -> None:
        self.rows.setdefault(method, []).append([metric(pred, true, where) for metric in METRICS.values()])

    def show(self, title: str) -> None:
        first = np.mean(next(iter(self.rows.values())), 0)
        print(f"\n{title}\n\n| method | {' | '.join(METRICS)} | SAD ratio | better in |\n|---|---|---|---|---|---|---|")
        for method, errors in self.rows.items():
            mean = np.mean(errors, 0)
            better = np.mean(np.array(errors)[:, 0] < np.array(next(iter(self.rows.values())))[:, 0])
            shown = f"{mean[0]:.2f} | {1000 * mean[1]:.2f}e-3 | {mean[2]:.2f} | {mean[3]:.2f}"
            print(f"| {method} | {shown} | {mean[0] / first[0]:.3f} | {better:.0%} |", flush=True)


def from_shrunk(data: Path, every: int) -> None:
    table = Table()
    for subject in subjects(data, every):
        coarse = shrunk(subject.alpha)
        for name, method in METHODS.items():
            table.add(name, method(subject.rgb, coarse), subject.alpha, subject.unknown)
    table.show("Coarse alpha: the true one at a quarter, blurred")


def from_trimap(data: Path, every: int) -> None:
    table = Table()
    for subject in subjects(data, every):
        trimap = np.where(subject.unknown, np.float32(0.5), subject.trimap.astype(np.float32) / np.float32(255))
        table.add("closed-form", closed_form(subject.rgb, trimap), subject.alpha, subject.unknown)
        alpha = refine(subject.rgb, None, network(), subject.trimap)
        table.add("refiner", alpha, subject.alpha, subject.unknown)
    table.show("The set's own trimaps")


def guess_of(remover: Remover, rgb: Bytes) -> Guess:
    fitted = fit(rgb, remover.card)
    raw = fitted.coarse_alpha(remover.session.run(fitted.tensor), remover.card)
    if remover.looks > 1:
        raw = look_again(rgb, raw, remover.card, remover.session.look).alpha
    return Guess(cleaned(raw), raw)


def found(guess: Guess, alpha: Floats) -> bool:
    """Whether the network found the subject (IoU 0.8): what it misses no edge can bring back."""
    mask, true = resize(guess.coarse, (alpha.shape[0], alpha.shape[1])) > 0.5, alpha > 0.5
    return bool((mask & true).sum() >= 0.8 * (mask | true).sum())


def compared(composites: Iterator[tuple[Bytes, Floats, NDArray[np.bool_]]], title: str) -> None:
    """The methods on composites (rgb, alpha, band) whose subject the network finds."""
    remover, in_band, everywhere = Remover(), Table(), Table()
    count = tried = 0
    for rgb, alpha, band in composites:
        guess = guess_of(remover, rgb)
        tried += 1
        if not found(guess, alpha):
            continue
        count += 1
        for name, method in FROM_A_NETWORK.items():
            estimate = method(rgb, guess)
            in_band.add(name, estimate, alpha, band)
            everywhere.add(name, estimate, alpha, np.ones_like(band))
    in_band.show(f"Coarse alpha: the shipped network's, on {title} ({count} of {tried} found); the true bands")
    everywhere.show("The same; errors of the whole picture")


def composites(data: Path, every: int) -> Iterator[tuple[Bytes, Floats, NDArray[np.bool_]]]:
    import pymatting

    for index, subject in enumerate(subjects(data, every)):
        colours = pymatting.estimate_foreground_ml(subject.rgb / 255.0, subject.alpha.astype(np.float64))
        for scene_name in (SCENES[index % len(SCENES)], SCENES[(index + 3) % len(SCENES)]):
            scene = np.asarray(getattr(photographs, scene_name)())
            scene = np.dstack([scene] * 3) if scene.ndim == 2 else scene[..., :3]
            behind = cover(np.ascontiguousarray(scene, np.uint8), (subject.rgb.shape[0], subject.rgb.shape[1]))
            a = subject.alpha[..., None]
            rgb = np.rint(np.clip(a * colours * 255 + (1 - a) * behind, 0, 255)).astype(np.uint8)
            yield rgb, subject.alpha, subject.unknown


def from_network(data: Path, every: int) -> None:
    compared(composites(data, every), "composites")


def made_scenes(data: Path, every: int) -> Iterator[tuple[Bytes, Floats, NDArray[np.bool_]]]:
    sets = [f"train-{name}.tar" for name in ("duts-0", "duts-1", "eg1800", "ccp", "pets", "horses", "cats")]
    tried = [pair for name in sets for pair in pairs_of(data / name, lambda i: is_held_out(i) and i % 80 == 0)]
    pairs = [pair for pair in tried if is_usable(pair)]
    grounds = [pair.rgb for pair in pairs_of(data / "backgrounds.tar", is_held_out)]
    for seed in range(0, MADE, every):
        rng = np.random.default_rng((77, seed))
        made = make_composite(pairs[int(rng.integers(len(pairs)))], grounds, 800, rng)
        soft = ((made.alpha > 0.02) & (made.alpha < 0.98)).astype(np.uint8)
        step = cv2.dilate(made.alpha, np.ones((3, 3))) - cv2.erode(made.alpha, np.ones((3, 3))) > 0.5
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
        yield made.rgb, made.alpha, cv2.dilate(soft | step, disc) > 0


def from_made(data: Path, every: int) -> None:
    compared(made_scenes(data, every), "made scenes")


def seconds(function: Callable[[], object], runs: int = 5) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return median(times)


def measure_time(data: Path, every: int) -> None:
    remover = Remover()
    for megapixels, runs in ((12, 5), (100, 1)):
        rgb = enlarged("astronaut", megapixels)
        guess = guess_of(remover, rgb)
        ways = {name: partial(FROM_A_NETWORK[name], rgb, guess) for name in ("fine", "guided")}
        if megapixels == 12:
            ways["closed-form"] = partial(edges.refined, "closed-form", rgb, guess.coarse)
        times = [f"{name} {seconds(way, runs):.2f} s" for name, way in ways.items()]
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"\n{megapixels} MP: {', '.join(times)}, largest memory {gigabytes:.2f} GB", flush=True)


def nothing_worse(data: Path, every: int) -> None:
    remover = Remover()
    print("\n| set | method | IoU | MAE |\n|---|---|---|---|")
    for name in ("val-ecssd.tar", "val-eg1800.tar"):
        scores: dict[str, list[tuple[float, float]]] = {name: [] for name in FROM_A_NETWORK}
        for pair in pairs_of(data / name, lambda index: index % every == 0):
            guess, true = guess_of(remover, pair.rgb), pair.mask > 127
            for method, given in scores.items():
                alpha = FROM_A_NETWORK[method](pair.rgb, guess)
                settle(alpha)
                mask = alpha > 0.5
                iou = (mask & true).sum() / max(1, (mask | true).sum())
                given.append((float(iou), float(np.abs(alpha - true).mean())))
        for method, given in scores.items():
            iou, mae = np.mean(given, 0)
            print(f"| {name} | {method} | {iou:.4f} | {mae:.4f} |", flush=True)


PARTS = {
    "shrunk": from_shrunk, "trimap": from_trimap, "network": from_network, "made": from_made, "time": measure_time,
    "nothing-worse": nothing_worse,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    for part in options.only.split(","):
        PARTS[part](options.data, options.every)


if __name__ == "__main__":
    main()
