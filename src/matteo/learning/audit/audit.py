"""The audit of a set, start to end: list, look at each pair once, compare all with all by fingerprint, judge the set.

Of the pictures, a few are in memory at a time; of each, a few thousand bytes are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from matteo.errors import DataError
from matteo.learning.audit.examine import Examined, examine
from matteo.learning.audit.hashing import Print, fingerprint
from matteo.learning.audit.judge import Judge
from matteo.learning.audit.kinds import KINDS, Finding
from matteo.learning.audit.result import Audit, least_of, sizes_of
from matteo.learning.audit.twins import Prints, Twin, gathered, twins_across, twins_within
from matteo.learning.data.decode import picture_of, rgb_of
from matteo.learning.data.listing import Entry, Listing, listing
from matteo.learning.data.pairs import LEAST
from matteo.models.session import default_threads
from matteo.remover import in_order

OF_SET = 0.3  # share of inverted masks from which it is the set and not some pictures
SAME_MASK = 0.7  # overlap of two masks of one picture, at 16 x 16, below which they contradict each other

T = TypeVar("T")
Advance = Callable[[int, int], None]  # (pictures looked at, in all)


def audit(
    path: Path, *, against: Sequence[Path] = (), judge: Judge | None = None, limit: int | None = None,
    advance: Advance = lambda done, total: None,
) -> Audit:  # fmt: skip
    """Looks a set through. against: other sets, to find the pictures that are in both.

    limit: no more pairs than this, spread over the set. Raises DataError where there is no set, or nothing in it.
    """
    found = listing(path)
    entries = spread([*found.entries, *found.alone], limit)
    others = [(other, entry) for other in against for entry in _pictures_of(other)]
    if not entries and not found.odd:
        raise DataError(f"{path}: holds no pictures; give images/ and masks/, a.jpg beside a.png, or transparent PNGs")
    total = len(entries) + len(others)
    theirs = _prints_of([entry for _, entry in others], advance, total)
    seen = list(
        _counted(in_order(lambda e: examine(e, judge), entries, default_threads()), advance, len(others), total)
    )
    findings = [finding for each in seen for finding in each.findings]
    findings += [Finding("odd", key, wrong) for key, wrong in found.odd.items()]
    findings += _of_set(found, seen, complete=len(entries) == len(found.entries) + len(found.alone))
    readable = [each for each in seen if each.print]
    prints = gathered([each.print for each in readable if each.print])
    findings += [_twice(twin, readable) for twin in twins_within(prints)]
    findings += [_leak(twin, readable[twin.index].key, *others[twin.other]) for twin in twins_across(prints, theirs)]
    order = list(KINDS)
    findings.sort(key=lambda finding: (order.index(finding.kind), -finding.score))
    model = judge.card.name if judge else None
    return Audit(path, len(seen), tuple(findings), sizes_of(seen), model, least_of(seen), tuple(against))


def spread(entries: Sequence[Entry], limit: int | None) -> list[Entry]:
    """At most `limit` of them, at equal distances."""
    if limit is None or len(entries) <= limit:
        return list(entries)
    return [entries[int(at)] for at in np.linspace(0, len(entries) - 1, limit).round()]


def _pictures_of(path: Path) -> list[Entry]:
    found = listing(path)
    if not (found.entries or found.alone):
        raise DataError(f"{path}: holds no pictures to compare with")
    return [*found.entries, *found.alone]


def _prints_of(entries: Sequence[Entry], advance: Advance, total: int) -> Prints:
    """Raises DataError, naming it, for a picture that cannot be read: the answer would not be whole without it."""

    def one(entry: Entry) -> Print:
        return fingerprint(rgb_of(picture_of(entry.picture.read(), str(entry.picture))))

    return gathered(list(_counted(in_order(one, entries, default_threads()), advance, 0, total)))


def _counted(items: Iterator[T], advance: Advance, done: int, total: int) -> Iterator[T]:
    for count, item in enumerate(items, 1):
        advance(done + count, total)
        yield item


def _of_set(found: Listing, seen: Sequence[Examined], complete: bool) -> Iterator[Finding]:
    """What is wrong with the set and not with one of its pairs."""
    usable = [each for each in seen if each.coverage is not None]
    if complete and len(found.entries) < LEAST:
        yield Finding("too few", "", f"{len(found.entries)}, where {LEAST} are the least")
    kinds = [{finding.kind for finding in each.findings} for each in usable]
    if usable and (all("empty" in k for k in kinds) or all("full" in k for k in kinds)):
        yield Finding("one class", "", "all masks are " + ("empty" if "empty" in kinds[0] else "full"))
    inverted = sum("inverted" in k for k in kinds)
    if inverted >= 3 and inverted > OF_SET * len(usable):
        yield Finding("inverted set", "", f"{inverted} of {len(usable)}")


def _twice(twin: Twin, seen: Sequence[Examined]) -> Finding:
    """The same picture again; or, where its masks differ, a contradiction."""
    one, other = seen[twin.index], seen[twin.other]
    words = " in a mirror" if twin.mirrored else ""
    if twin.same and one.mask_thumb is not None and other.mask_thumb is not None:
        a = one.mask_thumb[:, ::-1] if twin.mirrored else one.mask_thumb
        low, high = np.minimum(a, other.mask_thumb).sum(), np.maximum(a, other.mask_thumb).sum()
        same = float(low / high) if high else 1.0
        if same < SAME_MASK:
            text = f"the same picture{words}, but its masks overlap by {same:.0%}"
            return Finding("contradicts", one.key, text, 1 - same, other.key)
    what = "the same picture" if twin.same else "a like picture"
    return Finding("twice", one.key, f"{what}{words}, alike to {twin.likeness:.3f}", twin.likeness, other.key)


def _leak(twin: Twin, key: str, other_set: Path, other: Entry) -> Finding:
    what = "the same picture" if twin.same else "a like picture"
    text = f"{what}{' in a mirror' if twin.mirrored else ''}, alike to {twin.likeness:.3f}"
    return Finding("leak", key, text, twin.likeness, other.key, str(other_set))
