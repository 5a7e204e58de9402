"""What a run is to make: every source with its output, decided before anything is made. Reads, never writes.

    plan = plan_folder(Path("photos"), Path("cut"))
    for job in plan.jobs:
        print(job.source, "->", job.target)

`names` settles what outputs are called, `walk` finds the pictures.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matteo.batch.names import fold, part_of, settle
from matteo.batch.walk import pictures
from matteo.errors import BatchError, UsageError

OTHER_SHARD = "other shard"
GIVEN_TWICE = "given twice"
OWN_RESULT = "result of another file given"
TAILS = (".cutout", ".alpha")  # what results beside their sources are called by


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to make. `name` is the source relative to the input folder, as posix text: the manifest's key.

    beside: other files that the output depends on (a mask), as the source is one that it does. told: what those are.
    """

    source: Path
    target: Path
    name: str
    beside: tuple[Path, ...] = ()
    told: str = ""


@dataclass(frozen=True)
class Plan:
    """Jobs in a stable order, no two with one target, and how many entries were passed over, by reason."""

    jobs: tuple[Job, ...]
    passed_over: Mapping[str, int] = field(default_factory=dict)


def plan_folder(folder: Path, output: Path, *, suffix: str = ".png", shard: tuple[int, int] | None = None) -> Plan:
    """The pictures under `folder`, each as `output/<same folders>/<stem><suffix>`.

    Sources that would share an output keep their whole name in it (a.jpg, a.png -> a.jpg.png, a.png.png). That is
    decided over the whole folder; `shard` (2, 8) then keeps the second of eight parts, the same on every machine.
    Raises BatchError where there is no such folder, no picture in it, or an output would land among the sources.
    """
    passed_over: Counter[str] = Counter()
    names = _pictures(folder, output, passed_over)
    outputs = settle(names, suffix, taken=_folders(names))
    _check_apart(folder, output, outputs.values())
    mine = [name for name in names if shard is None or part_of(name, shard[1]) == shard[0]]
    if len(mine) < len(names):
        passed_over[OTHER_SHARD] = len(names) - len(mine)
    return Plan(tuple(Job(folder / name, output / outputs[name], name) for name in mine), passed_over)


def plan_files(
    files: Sequence[Path], *, folder: Path | None = None, suffix: str = ".png", tail: str = ".cutout"
) -> Plan:
    """Single files: `<stem><tail><suffix>` beside each, or `<stem><suffix>` in `folder`.

    No output is ever one of the sources; files of one folder that would share an output keep their whole name in it.
    Files of one name from several folders have no distinct place in one `folder`: UsageError. A file that is the
    result of another one given (`matteo *.png` a second time) is passed over.
    """
    passed_over: Counter[str] = Counter()
    sources = _without_results(_distinct(files, passed_over), passed_over)
    if folder is not None:
        _check_names_differ(sources, folder)
    targets = _targets(sources, folder, suffix, tail if folder is None else "")
    return Plan(tuple(Job(source, targets[source], source.as_posix()) for source in sources), passed_over)


def parse_shard(text: str) -> tuple[int, int]:
    """ "2/8" -> (2, 8), the second of eight. UsageError for anything else."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"{text!r} is no shard; give which of how many, from 1/8 to 8/8 for eight machines")
    return int(match[1]), int(match[2])


def _pictures(folder: Path, output: Path, passed_over: Counter[str]) -> list[str]:
    if not os.path.isdir(folder):
        what = "is no folder" if os.path.lexists(folder) else "no such folder"
        raise BatchError(f"{folder}: {what}; give one with pictures in it")
    if os.path.realpath(folder) == os.path.realpath(output):
        raise UsageError(f"{output}: is the folder of the sources; give another one for the outputs, as in -o cut")
    try:
        names = pictures(folder, output, passed_over)
    except OSError as error:
        raise BatchError(f"{folder}: cannot be read ({error.strerror}); check the folder and your rights") from error
    names = _without_result_names(names, passed_over)
    if not names:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(passed_over.items()))
        raise BatchError(f"{folder}: no picture in it ({'passed over: ' + reasons if reasons else 'it is empty'})")
    return names


def _folders(names: Sequence[str]) -> set[str]:
    """Every folder that holds a source, folded: an output of that name could not be written."""
    found: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and fold(folder) not in found:
            found.add(fold(folder))
            folder = folder.rpartition("/")[0]
    return found


def _check_apart(folder: Path, output: Path, outputs: Iterable[str]) -> None:
    """Outputs in a folder above the sources must not come down among them."""
    above = os.path.relpath(os.path.realpath(folder), os.path.realpath(output))
    if above.startswith(os.pardir):
        return
    inside = fold(above.replace(os.sep, "/")) + "/"
    for name in outputs:
        if fold(name).startswith(inside):
            raise BatchError(f"{output / name}: would lie among the sources; give another folder for the outputs")


def _distinct(files: Sequence[Path], passed_over: Counter[str]) -> list[Path]:
    found: dict[str, Path] = {}
    for file in files:
        if os.path.isdir(file):
            raise UsageError(f"{file}: is a folder; give it alone, with -o for the outputs")
        if found.setdefault(_place(file), file) is not file:
            passed_over[GIVEN_TWICE] += 1
    return list(found.values())


def _place(path: Path) -> str:
    """One text for all ways to write the path of a directory entry; a link is an entry of its own."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _without_result_names(names: list[str], passed_over: Counter[str]) -> list[str]:
    stems = {stem for name in names for stem in (name, os.path.splitext(name)[0])}
    kept = [name for name in names if not _is_result(name, stems)]
    if len(kept) < len(names):
        passed_over[OWN_RESULT] += len(names) - len(kept)
    return kept


def _is_result(name: str, stems: set[str]) -> bool:
    stem, tail = os.path.splitext(os.path.splitext(name)[0])
    return tail in TAILS and stem in stems


def _without_results(sources: list[Path], passed_over: Counter[str]) -> list[Path]:
    """Without those that are called as a result of another one beside them would be."""
    kept = set(_without_result_names([_place(source) for source in sources], passed_over))
    return [source for source in sources if _place(source) in kept]


def _check_names_differ(sources: Sequence[Path], output: Path) -> None:
    seen: dict[str, Path] = {}
    for source in sources:
        first = seen.setdefault(fold(source.name), source)
        if os.path.realpath(first.parent) != os.path.realpath(source.parent):
            raise UsageError(
                f"{first} and {source} would be one file in {output}; give the folder that holds both (its tree is "
                "kept), or run them apart"
            )


def _targets(sources: Sequence[Path], output: Path | None, suffix: str, tail: str) -> dict[Path, Path]:
    """Settles each folder of outputs on its own, keeping clear of the sources that lie there."""
    inhabitants: dict[str, set[str]] = defaultdict(set)
    places: dict[str, list[Path]] = defaultdict(list)
    for source in sources:
        inhabitants[os.path.realpath(source.parent)].add(fold(source.name))
        places[os.path.realpath(source.parent if output is None else output)].append(source)
    targets: dict[Path, Path] = {}
    for place, here in places.items():
        names = settle([source.name for source in here], suffix, tail=tail, taken=inhabitants[place])
        targets |= {source: (output or source.parent) / names[source.name] for source in here}
    return targets
