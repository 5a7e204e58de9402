"""No two sources ever share an output, on any file system."""

from __future__ import annotations

import hashlib
import itertools
import random

from matteo.batch.names import fold, part_of, settle

NFC, NFD = "caf\u00e9.jpg", "cafe\u0301.jpg"
HASH_OF_A = hashlib.sha256(b"2/A.jpg").hexdigest()[:8]
NASTY = [
    *("a.jpg", "a.png", "a.jpg.png", "a.png.png", "a.jpg.png.png", "a", "a.", "A.jpg", "A.JPG", "a.JPG"),
    *(NFC, NFD, NFC.upper(), NFD.upper(), "stra\u00dfe.jpg", "STRASSE.jpg", "x/a.jpg", "X/a.jpg", "x/A.png"),
    *("a.png/b.jpg", "a.jpg.png/b.jpg", f"A.jpg.{HASH_OF_A}.png", f"A.jpg.{HASH_OF_A}", "\udcff.jpg", "\udcfe.jpg"),
    *("..jpg", "...jpg", "two words.jpg", "two words.png", "\u0130.jpg", "i\u0307.jpg", "\ufb01.jpg", "fi.jpg"),
]


def test_a_name_that_is_alone_loses_its_suffix() -> None:
    assert settle(["a.jpg", "x/b.c.jpg"], ".png") == {"a.jpg": "a.png", "x/b.c.jpg": "x/b.c.png"}


def test_sources_that_differ_by_suffix_keep_it() -> None:
    assert settle(["a.jpg", "a.png"], ".png") == {"a.jpg": "a.jpg.png", "a.png": "a.png.png"}


def test_a_source_that_looks_like_such_an_output_gives_way() -> None:
    settled = settle(["a.jpg", "a.png", "a.jpg.png"], ".png")
    assert settled == {"a.jpg": "a.jpg.png", "a.png": "a.png.png", "a.jpg.png": "a.jpg.png.png"}


def test_twins_of_case_or_of_composition_are_told_apart_by_a_digest() -> None:
    for twins in (["A.jpg", "a.jpg"], [NFC, NFD]):
        outputs = list(settle(twins, ".png").values())
        assert len({fold(name) for name in outputs}) == 2
        assert all(name.endswith(".png") and ".jpg." in name for name in outputs)


def test_no_output_lies_where_a_folder_must_be() -> None:
    assert settle(["a.jpg", "a.png/b.jpg"], ".png", taken={"a.png"})["a.jpg"] == "a.jpg.png"


def test_nothing_clashes_whatever_the_names_and_their_order() -> None:
    """Over hundreds of sets of nasty names: a name each, all different even folded, and the same in any order."""
    generator = random.Random(7)
    for _ in range(400):
        names = generator.sample(NASTY, generator.randint(2, len(NASTY)))
        taken = {fold(name) for name in generator.sample(NASTY, 5)}
        settled = settle(names, ".png", taken=taken)
        assert set(settled) == set(names)
        folded = {fold(output) for output in settled.values()}
        assert len(folded) == len(names)
        assert not folded & taken
        assert settle(sorted(names), ".png", taken=taken) == settled
        assert all(output.rpartition("/")[0] == name.rpartition("/")[0] for name, output in settled.items())


def test_names_made_to_clash_with_the_digests_do_not() -> None:
    names = ["A.jpg", "a.jpg"]
    for _ in range(4):  # each time, the outputs are sources, too
        names += [output for output in settle(names, ".png").values() if output not in names]
        assert len({fold(output) for output in settle(names, ".png").values()}) == len(names)


def test_every_name_is_in_one_shard_and_shards_are_of_like_size() -> None:
    names = [f"{folder}/{number}.jpg" for folder, number in itertools.product("abcde", range(200))]
    for count in (1, 2, 8):
        parts = [part_of(name, count) for name in names]
        assert set(parts) == set(range(1, count + 1))
        assert all(abs(parts.count(part) - 1000 / count) < 60 for part in range(1, count + 1))
    assert part_of(NFC, 64) == part_of(NFD, 64)  # what one machine lists composed, another lists decomposed
    assert [part_of(name, 8) for name in ("a.jpg", "b.jpg", "c.jpg")] == [
        7,
        1,
        5,
    ]  # for good: shards may be run years apart
