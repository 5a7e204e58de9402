"""--mask, --trimap, --hints and their like: which files belong to which picture, and what is said of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias, TypedDict

from matteo.batch.plan import Job, Plan
from matteo.errors import UnreadablePicture, UsageError
from matteo.selecting.hints import Hints, box_of, hints_of, mark_of

Kinds: TypeAlias = "tuple[tuple[str, Path], ...]"  # (option without its dashes, file or folder)

OF_ALL = ("mask", "trimap")  # a picture without its file fails; of the others some pictures need none
PAINTED = ("keep-mask", "drop-mask")
TOML = (".toml",)
OF_HINTS = "painted masks that hints name"


class Given(TypedDict, total=False):
    mask: Path
    trimap: Path
    hints: Hints


@dataclass(frozen=True)
class Beside:
    """What is given to each picture: a file for one, a folder with the same names for many.

    said: hints from the command line, for every picture.
    """

    kinds: Kinds = ()
    said: Hints = Hints()  # noqa: RUF009 (frozen)
    _of_files: dict[tuple[Path, ...], Kinds] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, paths: tuple[str, ...], given: Mapping[str, str | None], said: Hints | None = None) -> Beside:
        """given: what each option names, by its name. UsageError where a file is to serve several pictures."""
        many = len(paths) > 1 or Path(paths[0]).is_dir()
        kinds = tuple((kind, Path(name)) for kind, name in given.items() if name is not None)
        for kind, path in kinds:
            if not path.exists():
                raise UnreadablePicture(f"{path}: no such file or folder; check what --{kind} names")
            if many and not path.is_dir():
                raise UsageError(f"--{kind} {path} is one file for several pictures: give a folder with the same names")
        return cls(kinds, said or Hints())

    def __bool__(self) -> bool:
        return bool(self.kinds or self.said)

    def joined(self, plan: Plan, *, tree: bool) -> Plan:
        """The plan with each job's own files. One that is missing stays in by its likely name, for its job to fail.

        tree: the jobs are of a folder, whose names the given folders have, too; else each is a file by itself.
        """
        if not self.kinds:
            return plan
        names = (job.name if tree else job.source.name for job in plan.jobs)
        jobs = [self._with_files(job, name) for job, name in zip(plan.jobs, names, strict=True)]
        self._check_found(jobs)
        ours = {os.path.realpath(mask) for job in jobs for mask in job.beside}
        kept = tuple(job for job in jobs if not tree or os.path.realpath(job.source) not in ours)
        passed_over = dict(plan.passed_over)
        if len(kept) < len(jobs):
            passed_over[OF_HINTS] = len(jobs) - len(kept)
        return replace(plan, jobs=kept, passed_over=passed_over)

    def check_apart(self, folder: Path) -> None:
        """UsageError where results would come to lie among what is given, and might take its place."""
        for kind, path in self.kinds:
            if path.is_dir() and folder.exists() and path.samefile(folder):
                raise UsageError(f"{folder} is the folder of --{kind}: give another one for the results")

    def of_one(self) -> tuple[Path, ...]:
        """For a picture without a name: UsageError where a folder was given."""
        for kind, path in self.kinds:
            if path.is_dir():
                raise UsageError(f"--{kind} {path} is a folder, and a picture in a pipe has no name: give a file")
        return self._kept(self.kinds)

    def read(self, files: tuple[Path, ...]) -> Given:
        """The arguments of `Remover.remove`, of the files that `joined` or `of_one` gave a picture."""
        given, hints = Given(), self.said
        own = dict(self._of_files.get(files, ()))
        if "hints" in own:
            hints = hints_of(own["hints"]).and_also(hints)
        if any(kind in own for kind in PAINTED):
            hints = hints.and_also(Hints(keep_mask=own.get("keep-mask"), drop_mask=own.get("drop-mask")))
        if hints:
            given["hints"] = hints
        if "mask" in own:
            given["mask"] = own["mask"]
        if "trimap" in own:
            given["trimap"] = own["trimap"]
        return given

    def identity(self) -> list[str]:
        """What a manifest is to know of it beside the files' bytes."""
        return [kind for kind, _ in self.kinds] + ([repr(self.said)] if self.said else [])

    def follows_hints(self) -> bool:
        return bool(self.said) or any(kind not in OF_ALL for kind, _ in self.kinds)

    def _with_files(self, job: Job, name: str) -> Job:
        own: list[tuple[str, Path]] = []
        for kind, path in self.kinds:
            file = namesake(path, name, TOML if kind == "hints" else None) if path.is_dir() else path
            if kind in OF_ALL or file.is_file():
                own.append((kind, file))
        return replace(job, beside=self._kept(tuple(own)), told=" ".join(kind for kind, _ in own))

    def _check_found(self, jobs: list[Job]) -> None:
        """UsageError where a folder goes with no picture at all: it is another one's, or its names are."""
        for kind, path in self.kinds:
            if kind not in OF_ALL and path.is_dir() and not any(kind in job.told.split() for job in jobs):
                what = "TOML file" if kind == "hints" else "picture"
                raise UsageError(f"--{kind} {path} holds no {what} of the name of any picture: name them alike")

    def _kept(self, own: Kinds) -> tuple[Path, ...]:
        """All files that the result depends on, also those that a file of hints names."""
        files = tuple(path for _, path in own)
        for kind, path in own:
            if kind == "hints":
                files += tuple(_masks_of(path))
        self._of_files[files] = own
        return files


def said(keep: tuple[str, ...], drop: tuple[str, ...], box: str | None) -> Hints:
    """Hints as the options give them. UsageError for what is none."""
    return Hints(
        [mark_of(text) for text in keep], [mark_of(text) for text in drop], None if box is None else box_of(box)
    )


def namesake(folder: Path, name: str, suffixes: tuple[str, ...] | None = None) -> Path:
    """The file of a folder tree that goes with `name` (posix, relative): a.jpg, then a.jpg.png, then a.png, of any
    picture's suffix. Where there is none, the likeliest; UsageError where two go equally well.

    suffixes: of what is looked for, where that is no picture.
    """
    from matteo.batch.walk import PICTURE_SUFFIXES

    wanted = suffixes or tuple(sorted(PICTURE_SUFFIXES))
    exact = folder / name
    stem = PurePosixPath(name).with_suffix("")
    for base in (name, str(stem)):
        found = [p for suffix in wanted if (p := folder / f"{base}{suffix}").is_file()]
        if base == name and exact.is_file() and suffixes is None:
            return exact
        if len(found) > 1:
            raise UsageError(f"{found[0]} and {found[1]} both go with {name}: keep one of them")
        if found:
            return found[0]
    return folder / f"{stem}{'.png' if suffixes is None else suffixes[0]}"


def _masks_of(path: Path) -> Iterator[Path]:
    """The masks that a file of hints names; none where it cannot be read, which its picture will say."""
    try:
        hints = hints_of(path)
    except UsageError:
        return
    yield from (mask for mask in (hints.keep_mask, hints.drop_mask) if isinstance(mask, Path))
