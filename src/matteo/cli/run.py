"""One call of `matteo remove`, from its options to its exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from matteo.batch.engine import Made, Record, Status, make_folder, preview, run
from matteo.batch.lock import hold
from matteo.batch.manifest import Manifest
from matteo.batch.plan import Job, Plan, plan_files, plan_folder
from matteo.cli.destination import STDIO, Destination
from matteo.cli.edit import encoded, identity_of, keeps_source, prepared
from matteo.cli.given import Beside
from matteo.cli.report import Reporter, download_progress
from matteo.effects.look import Look, Steps
from matteo.errors import MatteoError, OutputError, UnreadablePicture, UsageError
from matteo.matting.treatment import Treatment
from matteo.memory import give_back, keep_freed
from matteo.models.companions import REFINER, SELECTOR, companion_card
from matteo.models.fit import fitted_size
from matteo.models.session import default_threads
from matteo.models.table import find
from matteo.picture.cutout import Cutout
from matteo.picture.limits import Limits
from matteo.picture.source import Named, read_at_most
from matteo.picture.write import publish
from matteo.remover import Remover

MOST_WORKERS = 4
GIVE_BACK_EVERY = 16  # pictures
SUFFIXES = {"jpeg": ".jpg"}


@dataclass(frozen=True)
class Options:
    """What the result's bytes depend on, but for the source and the network. `--jobs` and the like are no part."""

    look: Look = Look()  # noqa: RUF009 (frozen)
    alpha_only: bool = False
    quality: int | None = None
    strip: bool = False
    strip_location: bool = False
    keep_hidden: bool = False
    edges: str = "fine"
    transparency: bool = False
    grow: str = "0"
    shrink: str = "0"
    feather: str = "0"
    untint: bool = False
    straight: bool = False
    key: str | None = None
    format: str = "png"

    @property
    def treatment(self) -> Treatment:
        return {
            "edges": self.edges, "transparency": self.transparency, "grow": self.grow, "shrink": self.shrink,
            "feather": self.feather, "untint": self.untint, "keep_hidden": self.keep_hidden,
        }  # fmt: skip


@dataclass(frozen=True)
class Run:
    options: Options
    beside: Beside
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
        if folder is not None:
            self.beside.check_apart(folder)
        plan = self.beside.joined(plan, tree=folder is not None)
        steps, identity = self._editing()
        model = self._model()
        if self.dry_run:
            manifest = Manifest(folder, shard=shard, read_only=True) if folder else None
            records = preview(plan, manifest=manifest, overwrite=self.overwrite, options=identity, model=model)
            return self.reporter.planned(records, plan)
        workers = self.jobs or max(1, min(len(plan.jobs), default_threads(), MOST_WORKERS))
        if len(plan.jobs) > 1:
            keep_freed()
        with ExitStack() as stack:
            manifest = None
            if folder:
                stack.enter_context(hold(folder, shard=shard))
                manifest = Manifest(folder, shard=shard)
            make = self._maker(steps, workers)
            records = run(
                plan, lambda job, data: make(str(job.source), data, job.beside), workers=workers, manifest=manifest,
                overwrite=self.overwrite, limits=self._limits(), options=identity, model=model,
                sources=tuple(self.options.look.files().values()),
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
            steps, _ = self._editing()
            name, beside = "stdin" if source == STDIO else source, self.beside.of_one()
            made = self._maker(steps, workers=1)(name, self._bytes_of(source), beside)
            facts = dict(made.facts)
            if target is None:
                _to_stdout(made.data)
            else:
                make_folder(target.parent)
                given = () if source == STDIO else (Path(source),)
                sources = (*given, *beside, *self.options.look.files().values())
                publish(made.data, target, overwrite=self.overwrite, sources=sources)
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
                data = read_at_most(sys.stdin.buffer.read, most + 1)
            else:
                with Path(source).open("rb") as file:
                    data = read_at_most(file.read, most + 1)
        except OSError as error:
            raise UnreadablePicture(f"{source}: cannot be read ({error.strerror}); check the path") from error
        self._limits().check_bytes(source, len(data))
        return data

    def _editing(self) -> tuple[Steps, dict[str, object]]:
        """What is done with every cut-out, and what the manifest is to know of the options."""
        steps = prepared(self.options, self._limits())
        identity: dict[str, object] = asdict(self.options) | {"look": identity_of(self.options.look)}
        if self.options.key is None:
            del identity["key"]  # so that a folder of before there was a key goes on
        if self.beside:
            identity["beside"] = self.beside.identity()
        return steps, identity

    def _model(self) -> str:
        """The networks whose weights decide the result's bytes, for the manifest."""
        cards = [find(self.model)[0], *([companion_card(REFINER)] if self.options.edges == "fine" else [])]
        cards += [companion_card(SELECTOR)] if self.beside.follows_hints() else []
        return "+".join(f"{card.name}@{card.checksum}" for card in cards)

    def _limits(self) -> Limits:
        return Limits(pixels=int(self.max_megapixels * 1e6))

    def _maker(self, steps: Steps, workers: int) -> Callable[[str, bytes, tuple[Path, ...]], Made]:
        """The function that turns a picture's bytes into those of its result. Loads the network where it is needed."""
        threads = self.threads or max(1, default_threads() // workers)
        with download_progress() as progress:
            remover = Remover(
                self.model, threads=threads, provider=self.provider, limits=self._limits(), progress=progress,
                load=not self.beside,
            )  # fmt: skip

        begun = count()

        def make(name: str, data: bytes, beside: tuple[Path, ...]) -> Made:
            if next(begun) % GIVE_BACK_EVERY == GIVE_BACK_EVERY - 1:
                give_back()
            cutout = remover.remove(
                Named(name, data), foreground=not self.options.alpha_only,
                keep_source=keeps_source(self.options, steps), key=self.options.key, **self.beside.read(beside),
                **self.options.treatment,
            )  # fmt: skip
            seconds = dict(cutout.seconds)
            data, notes = encoded(cutout, steps, self.options, seconds)
            return Made(data, _facts(cutout, remover, seconds, notes))

        return make


def _to_stdout(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # the reader went away, which is its right
    except OSError as error:
        raise OutputError(f"stdout cannot be written ({error.strerror}); make room where it goes") from error


def _facts(cutout: Cutout, remover: Remover, seconds: dict[str, float], notes: tuple[str, ...]) -> dict[str, object]:
    seen = fitted_size(cutout.size_hw, remover.card)
    return {
        "size": cutout.size_hw[::-1],
        "seen": seen[::-1],
        "model": cutout.model,
        "confidence": None if cutout.confidence is None else round(cutout.confidence, 4),
        "kind": cutout.kind,
        "reasons": list(cutout.reasons),
        "notes": list(notes),
        "provider": remover.provider,
        "threads": remover.threads,
        "stages": {stage: round(value, 4) for stage, value in seconds.items()},
    }
