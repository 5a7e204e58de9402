"""--mask and --trimap: which files belong to which picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypedDict

from matteo.batch.plan import Plan
from matteo.errors import UnreadablePicture, UsageError


class Given(TypedDict, total=False):
    mask: Path
    trimap: Path


@dataclass(frozen=True)
class Beside:
    """What is given to each picture: a file for one, a folder with the same names for many."""

    mask: Path | None = None
    trimap: Path | None = None

    @classmethod
    def of(cls, mask: str | None, trimap: str | None, paths: tuple[str, ...]) -> Beside:
        """UsageError where a file is to serve several pictures."""
        many = len(paths) > 1 or Path(paths[0]).is_dir()
        for option, given in (("--mask", mask), ("--trimap", trimap)):
            if given is not None and not Path(given).exists():
                raise UnreadablePicture(f"{given}: no such file or folder; check what {option} names")
            if given is not None and many and not Path(given).is_dir():
                raise UsageError(
                    f"{option} {given} is one file for several pictures: give a folder with the same names"
                )
        return cls(Path(mask) if mask else None, Path(trimap) if trimap else None)

    def __bool__(self) -> bool:
        return bool(list(self._kinds()))

    def joined(self, plan: Plan, *, tree: bool) -> Plan:
        """The plan with each job's own files. One that is missing stays in by its likely name, for its job to fail.

        tree: the jobs are of a folder, whose names the given folders have, too; else each is a file by itself.
        """
        if not self:
            return plan
        names = (job.name if tree else job.source.name for job in plan.jobs)
        jobs = zip(plan.jobs, names, strict=True)
        return replace(plan, jobs=tuple(replace(job, beside=tuple(self._of(name))) for job, name in jobs))

    def check_apart(self, folder: Path) -> None:
        """UsageError where results would come to lie among what is given, and might take its place."""
        for kind, path in self._kinds():
            if path.is_dir() and folder.exists() and path.samefile(folder):
                raise UsageError(f"{folder} is the folder of --{kind}: give another one for the results")

    def of_one(self) -> tuple[Path, ...]:
        """For a picture without a name: UsageError where a folder was given."""
        for kind, path in self._kinds():
            if path.is_dir():
                raise UsageError(f"--{kind} {path} is a folder, and a picture in a pipe has no name: give a file")
        return tuple(path for _, path in self._kinds())

    def read(self, files: tuple[Path, ...]) -> Given:
        """The arguments of `Remover.remove`."""
        given: Given = {}
        for (kind, _), path in zip(self._kinds(), files, strict=True):
            if kind == "mask":
                given["mask"] = path
            else:
                given["trimap"] = path
        return given

    def identity(self) -> list[str]:
        return [kind for kind, _ in self._kinds()]

    def _kinds(self) -> Iterator[tuple[str, Path]]:
        if self.mask is not None:
            yield "mask", self.mask
        if self.trimap is not None:
            yield "trimap", self.trimap

    def _of(self, name: str) -> Iterator[Path]:
        for _, path in self._kinds():
            yield namesake(path, name) if path.is_dir() else path


def namesake(folder: Path, name: str) -> Path:
    """The file of a folder tree that goes with `name` (posix, relative): a.jpg, then a.jpg.png, then a.png, of any
    picture's suffix. Where there is none, the likeliest; UsageError where two go equally well."""
    from matteo.batch.walk import PICTURE_SUFFIXES

    exact = folder / name
    stem = PurePosixPath(name).with_suffix("")
    for base in (name, str(stem)):
        found = [p for suffix in sorted(PICTURE_SUFFIXES) if (p := folder / f"{base}{suffix}").is_file()]
        if base == name and exact.is_file():
            return exact
        if len(found) > 1:
            raise UsageError(f"{found[0]} and {found[1]} both go with {name}: keep one of them")
        if found:
            return found[0]
    return folder / f"{stem}.png"
