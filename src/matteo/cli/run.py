"""One call of `matteo remove`, from its options to its exit code."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from matteo.batch.engine import Made, Record, Status, preview, run
from matteo.batch.lock import hold
from matteo.batch.manifest import Manifest
from matteo.batch.plan import Job, Plan, plan_files, plan_folder
from matteo.cli.destination import STDIO, Destination
from matteo.cli.report import Reporter, download_progress
from matteo.errors import MatteoError, OutputError, UnreadablePicture, UsageError
from matteo.models.fit import fitted_size
from matteo.models.session import default_threads
from matteo.models.table import find
from matteo.picture.cutout import Cutout, read_background
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.picture.metadata import strip, strip_location
from matteo.picture.write import DEEP, publish
from matteo.remover import Remover, timed

MOST_WORKERS = 4
SUFFIXES = {"jpeg": ".jpg"}
EIGHT_BITS = "written with 8 bits, as the format holds no 16"


@dataclass(frozen=True)
class Options:
    """What the result's bytes depend on, but for the source and the network. `--jobs` and the like are no part."""

    background: str | None = None
    alpha_only: bool = False
    quality: int | None = None
    strip: bool = False
    strip_location: bool = False
    keep_hidden: bool = False
    format: str = "png"


@dataclass(frozen=True)
class Run:
    options: Options
    model: str
    provider: str
    threads: int | None
    jobs: int | None
    overwrite: bool
    dry_run: bool
    max_megapixels: float
    reporter: Reporter

    def all(self, paths: tuple[str, ...], where: Destination, shard: tuple[int, int] | None) -> int:
        suffix = SUFFIXES.get(self.options.format, "." + self.options.format)
        if Path(paths[0]).is_dir():
            return self._plan(plan_folder(Path(paths[0]), where.path, suffix=suffix, shard=shard), where.path, shard)
        if shard:
            raise UsageError("--shard is for a folder")
        if paths[0] == STDIO or where.kind == "stdout":
            return self._stream(paths[0], where)
        files = [Path(path) for path in paths]
        if where.kind == "file":
            return self._plan(Plan((Job(files[0], where.path, files[0].as_posix()),)))
        tail = ".alpha" if self.options.alpha_only else ".cutout"
        folder = where.path if where.kind == "folder" else None
        return self._plan(plan_files(files, folder=folder, suffix=suffix, tail=tail))

    def _plan(self, plan: Plan, folder: Path | None = None, shard: tuple[int, int] | None = None) -> int:
        """Single pictures as they are; a folder under its lock and with its manifest."""
        card = find(self.model)[0]
        background, identity = self._background()
        model = f"{card.name}@{card.checksum}"
        if self.dry_run:
            manifest = Manifest(folder, shard=shard, read_only=True) if folder else None
            records = preview(plan, manifest=manifest, overwrite=self.overwrite, options=identity, model=model)
            return self.reporter.planned(records, plan)
        workers = self.jobs or max(1, min(len(plan.jobs), default_threads(), MOST_WORKERS))
        with ExitStack() as stack:
            manifest = None
            if folder:
                stack.enter_context(hold(folder, shard=shard))
                manifest = Manifest(folder, shard=shard)
            make = self._maker(background, workers)
            records = run(
                plan, lambda job, data: make(str(job.source), data), workers=workers, manifest=manifest,
                overwrite=self.overwrite, limits=self._limits(), options=identity, model=model,
            )  # fmt: skip
            return self.reporter.all(stack.enter_context(closing(records)), plan)

    def _stream(self, source: str, where: Destination) -> int:
        """One picture from stdin or to stdout."""
        if self.dry_run:
            raise UsageError("--dry-run has nothing to say of a pipe: leave it out")
        target = where.path if where.kind == "file" else None
        started = time.perf_counter()
        facts: dict[str, object] = {}
        error = None
        try:
            background, _ = self._background()
            made = self._maker(background, workers=1)("stdin" if source == STDIO else source, self._bytes_of(source))
            facts = dict(made.facts)
            if target is None:
                _to_stdout(made.data)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                publish(made.data, target, overwrite=self.overwrite)
        except UsageError:
            raise
        except MatteoError as failure:
            error = str(failure)
        seconds = time.perf_counter() - started
        status: Status = "failed" if error else "done"
        record = Record(source, Path(source), target or Path(STDIO), status, seconds, error, facts)
        return self.reporter.one(record, said=where.kind == "file")

    def _bytes_of(self, source: str) -> bytes:
        """No more than the limit allows, so that an endless pipe cannot fill the memory."""
        most = self._limits().bytes
        try:
            if source == STDIO:
                data = sys.stdin.buffer.read(most + 1)
            else:
                with Path(source).open("rb") as file:
                    data = file.read(most + 1)
        except OSError as error:
            raise UnreadablePicture(f"{source}: cannot be read ({error.strerror}); check the path") from error
        self._limits().check_bytes(source, len(data))
        return data

    def _background(self) -> tuple[str | Image | None, dict[str, object]]:
        """The background, read once for all cut-outs, and what the manifest is to know of the options: of a picture
        its bytes, not its name."""
        identity: dict[str, object] = asdict(self.options)
        if self.options.background is None:
            return None, identity
        background = read_background(self.options.background, self._limits())
        if isinstance(background, Image):
            identity["background"] = "sha256:" + sha256(Path(self.options.background).read_bytes()).hexdigest()
            if self.options.format == "jpeg" and background.opacity is not None:
                raise UsageError(f"{self.options.background} is see-through and JPEG is not: choose png or webp")
        return background, identity

    def _limits(self) -> Limits:
        return Limits(pixels=int(self.max_megapixels * 1e6))

    def _maker(self, background: str | Image | None, workers: int) -> Callable[[str, bytes], Made]:
        """The function that turns a picture's bytes into those of its result. Loads the network."""
        threads = self.threads or max(1, default_threads() // workers)
        with download_progress() as progress:
            remover = Remover(
                self.model, threads=threads, provider=self.provider, limits=self._limits(), progress=progress
            )

        def make(name: str, data: bytes) -> Made:
            cutout = remover.remove(
                Named(name, data), keep_hidden=self.options.keep_hidden, foreground=not self.options.alpha_only
            )
            seconds = dict(cutout.seconds)
            with timed(seconds, "encode"):
                encoded = _encode(cutout, background, self.options)
            return Made(encoded, _facts(cutout, remover, seconds, self.options.format))

        return make


def _to_stdout(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # the reader went away, which is its right
    except OSError as error:
        raise OutputError(f"stdout cannot be written ({error.strerror}); make room where it goes") from error


class Named(io.BytesIO):
    """Bytes that errors can call by name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def _facts(cutout: Cutout, remover: Remover, seconds: dict[str, float], format: str) -> dict[str, object]:
    seen = fitted_size(cutout.size_hw, remover.card)
    return {
        "size": cutout.size_hw[::-1],
        "seen": seen[::-1],
        "model": cutout.model,
        "confidence": None if cutout.confidence is None else round(cutout.confidence, 4),
        "notes": [*cutout.notes, *([EIGHT_BITS] if cutout.depth == 16 and format not in DEEP else [])],
        "provider": remover.session.provider,
        "threads": remover.session.threads,
        "stages": {stage: round(value, 4) for stage, value in seconds.items()},
    }


def _encode(cutout: Cutout, background: str | Image | None, options: Options) -> bytes:
    if options.strip:
        cutout = replace(cutout, metadata=strip(cutout.metadata))
    elif options.strip_location:
        cutout = replace(cutout, metadata=strip_location(cutout.metadata))
    if options.alpha_only:
        return cutout.encode_alpha(options.format)
    if background is not None:
        return cutout.over(background).encode(options.format, quality=options.quality)
    return cutout.encode(options.format, quality=options.quality)
