"""What decides a film's pictures, in words: an interrupted run is gone on with only where all of it is the same."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av

from matteo import __version__
from matteo.effects.look import Look
from matteo.models.companions import REFINER, STEADIER, companion_card
from matteo.remover import Remover
from matteo.video.effects.moving import FilmEffect
from matteo.video.pipeline import Job, Step

SAMPLE = 1 << 20  # bytes from the beginning, the middle and the end by which a film is known again


def identity_of(
    job: Job, look: Look, effects_file: Path | None, moving: tuple[FilmEffect, ...], step: Step | None, quality: str,
    steady: bool, key: str | None, remover: Remover,
) -> dict[str, object]:  # fmt: skip
    """What decides the pictures, in words. The end of the part is not in it: what comes before is of use all the same.

    A step of one's own, or a moving effect that does not say what it is (`told`), cannot be known again: then nothing
    is gone on with.
    """
    film = job.film
    effects = [getattr(effect, "told", None) for effect in moving]
    helpers = [companion_card(name).checksum for name in (REFINER, STEADIER)]
    told: dict[str, Any] = {
        "matteo": __version__, "av": str(av.library_versions), "film": digest_of(film.pictures or film.path),
        "rate": str(film.rate), "look": asdict(look), "moving": effects,
        "over_time": job.drawing.told, "quality": quality, "steady": steady,
        "files": {text: digest_of(path) for text, path in look.files().items()},
        "outputs": {output.name: [output.target.name, str(output.plan)] for output in job.outputs},
        "start": str(job.part[0]), "segment": job.segment, "threads": remover.threads,
        "model": " ".join([f"{remover.card.name}@{remover.card.checksum}", *helpers]),
    }  # fmt: skip
    if key is not None:
        told["key"] = key
    if effects_file is not None:
        told["files"]["effects"] = hashlib.sha256(effects_file.read_bytes()).hexdigest()
    if job.drawing.backdrop is not None:
        told["files"]["backdrop"] = digest_of(job.drawing.backdrop.film.pictures or job.drawing.backdrop.film.path)
    return told | ({"unknown": True} if step or None in effects else {})


def digest_of(path: Path | tuple[Path, ...]) -> str:
    """A film is known by its size, its time of change and some of its bytes: all of them would take minutes."""
    digest = hashlib.sha256()
    for one in path if isinstance(path, tuple) else (path,):
        facts = one.stat()
        digest.update(f"{facts.st_size} {facts.st_mtime_ns}".encode())
        if isinstance(path, tuple):
            continue
        with one.open("rb") as file:
            for at in (0, facts.st_size // 2, max(0, facts.st_size - SAMPLE)):
                file.seek(at)
                digest.update(file.read(SAMPLE))
    return digest.hexdigest()
