"""What has been made: one JSON line a source, in the output folder, written as the work goes on.

The file is `matteo-manifest.jsonl`, or `matteo-manifest-2-of-8.jsonl` for a shard, so that machines on one share never
write to one file; reading takes all of them. It is not hidden, because it is the run's report as well (`jq .error`),
and it bears our name, because `manifest.jsonl` is what data sets call their own.

A line is on the disk BEFORE the output gets its name. So there is never an output that no line accounts for, whenever
the power goes; a line whose output is not there (or has another size) just counts for nothing, and the work is done.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import NamedTuple

from matteo import __version__
from matteo.batch import jsonl
from matteo.batch.names import is_manifest, manifest_name
from matteo.batch.plan import Job
from matteo.errors import BatchError, UnreadablePicture


@dataclass(frozen=True)
class Recipe:
    """What decides an output beside the source's bytes.

    options: anything that JSON can hold. A file among them must stand there by its content's hash.
    model:   name and SHA-256 of the weights, "matteo@1f3a…"; of several networks joined by "+".
    """

    options: Mapping[str, object] = field(default_factory=dict)
    model: str = ""

    @cached_property
    def options_sha256(self) -> str:
        text = json.dumps(dict(self.options), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Source:
    """The bytes that were read; the digest is also of the files beside them that the output depends on."""

    sha256: str
    size: int

    @classmethod
    def of(cls, data: bytes, beside: Sequence[Path] = (), told: str = "") -> Source:
        """told: what the files beside are, where one could be taken for another."""
        digest = hashlib.sha256(data)
        digest.update(told.encode())
        for path in beside:
            try:
                digest.update(bytes.fromhex(_file_digest(path)))
            except OSError as error:
                raise UnreadablePicture(f"{path}: cannot be read ({error.strerror}); put it there") from error
        return cls(digest.hexdigest(), len(data))


class Entry(NamedTuple):
    """A line as far as it is kept in memory: what must agree for an output to be taken as made."""

    source_sha256: str
    options_sha256: str
    model: str
    output: str
    output_sha256: str
    output_size: int


class Manifest:
    """The lines of one output folder. Lines may be added from several threads.

    Opening mends the last line of this run's own file where a crash or a full disk tore it; `read_only` (a dry run)
    leaves it. BatchError for a line that is damaged elsewhere: no crash does that, so a person has to look.
    """

    def __init__(self, output: Path, *, shard: tuple[int, int] | None = None, read_only: bool = False) -> None:
        self.output = output
        self.path = output / manifest_name(shard)
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[Entry, ...]] = {}
        if not read_only:
            jsonl.mend(self.path)
        for path in _files(output):
            for name, entry in jsonl.read(path, _parse):
                self._take(name, entry)

    def __len__(self) -> int:
        """How many sources have a line that names an output."""
        return len(self._entries)

    def was_begun(self, job: Job) -> bool:
        """Whether there is a line for this output, be it there or not."""
        return bool(self._known(job))

    def is_done(self, job: Job, source: Source, recipe: Recipe) -> bool:
        """Whether the job's output is there, made of these bytes by this recipe."""
        return self.why_not(job, source, recipe) is None

    def why_not(self, job: Job, source: Source, recipe: Recipe) -> str | None:
        """None where `is_done`; else, in words, what the output is instead."""
        known = self._known(job)
        if not known:
            return "it is not in the manifest"
        fitting = [entry for entry in known if entry[:3] == (source.sha256, recipe.options_sha256, recipe.model)]
        if not fitting:
            return _difference(known[-1], source, recipe)
        try:
            fitting = [entry for entry in fitting if entry.output_size == job.target.stat().st_size]
            if fitting and len(known) > 1:  # made in several ways: only its own bytes can say which came last
                output_sha256 = _file_digest(job.target)
                fitting = [entry for entry in fitting if entry.output_sha256 == output_sha256]
        except OSError:
            return "it cannot be read"
        return None if fitting else "it has been changed since it was made"

    def add_made(
        self, job: Job, source: Source, recipe: Recipe, data: bytes, seconds: float, facts: Mapping[str, object]
    ) -> None:
        """Say that `data` is about to be the job's output. OutputError if the line cannot be written."""
        output = {
            "output": self._relative(job.target),
            "output_sha256": hashlib.sha256(data).hexdigest(),
            "output_size": len(data),
        }
        self._add({"confidence": None, **facts, **_line(job, source, recipe, seconds), **output, "error": None})

    def add_failure(self, job: Job, source: Source | None, recipe: Recipe, seconds: float, error: str) -> None:
        """Say that nothing came of the job. `source` is None where it could not even be read."""
        self._add({**_line(job, source, recipe, seconds), "output": None, "error": error})

    def _add(self, fields: dict[str, object]) -> None:
        with self._lock:
            jsonl.append(self.path, fields)
            self._take(*_parse(fields))

    def _take(self, name: str, entry: Entry | None) -> None:
        if entry is not None:
            known = self._entries.get(name, ())
            # The newest stands last; one made again in the very same way is no second way.
            self._entries[name] = (*(other for other in known if other != entry), entry)

    def _known(self, job: Job) -> list[Entry]:
        return [entry for entry in self._entries.get(job.name, ()) if entry.output == self._relative(job.target)]

    def _relative(self, target: Path) -> str:
        return Path(os.path.relpath(target, self.output)).as_posix()  # so that the folder may be moved


def _line(job: Job, source: Source | None, recipe: Recipe, seconds: float) -> dict[str, object]:
    return {
        "source": job.name,
        "source_sha256": source.sha256 if source else None,
        "source_size": source.size if source else None,
        "options": recipe.options,
        "options_sha256": recipe.options_sha256,
        "model": recipe.model,
        "seconds": round(seconds, 3),
        "version": __version__,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def _parse(fields: Mapping[str, object]) -> tuple[str, Entry | None]:
    name = str(fields["source"])
    if fields["output"] is None:
        return name, None
    return name, Entry(
        source_sha256=str(fields["source_sha256"]),
        options_sha256=intern(str(fields["options_sha256"])),
        model=intern(str(fields["model"])),
        output=str(fields["output"]),
        output_sha256=str(fields["output_sha256"]),
        output_size=int(str(fields["output_size"])),
    )


def _difference(entry: Entry, source: Source, recipe: Recipe) -> str:
    if entry.source_sha256 != source.sha256:
        return "it was made of other bytes than the source, or what is given beside it, has now"
    return "it was made with " + ("other options" if entry.options_sha256 != recipe.options_sha256 else "another model")


def _files(output: Path) -> list[Path]:
    try:
        return sorted(path for path in output.iterdir() if is_manifest(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BatchError(f"{output}: cannot be read ({error.strerror}); give another output folder") from error


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
