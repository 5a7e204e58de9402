"""Presets: what each marketplace asks for is what comes out; looks of one's own are kept and read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.effects import preset as presets
from matteo.effects.head import find_head
from matteo.effects.headshot import headshot
from matteo.effects.look import Look, steps
from matteo.effects.srgb import profile
from matteo.errors import OutputError, OutputExists, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata
from matteo.remover import Remover

from ..picture.made import display_p3
from ..pictures import photograph
from .drawn import CHIN, CROWN, MIDDLE, cutout, disc, portrait


@cache
def person() -> Cutout:
    """A real cut-out by the shipped network, with its source."""
    rgb = photograph("astronaut")
    return replace(Remover().remove(rgb), source=Image(rgb))


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_makes_a_picture(name: str) -> None:
    given = portrait(4) if name.startswith("passport") else person()
    found = given.apply(*presets.preset(name))
    one = presets.find(name)
    assert one.help
    assert isinstance(found, Image) == (one.look.background is not None or name.startswith(("avatar", "colour")))
    seen = found if isinstance(found, Image) else found.flattened()
    assert seen.size_hw == found.size_hw
    assert seen.opacity is None or seen.opacity.mean() > 0.1


@pytest.mark.parametrize("name", [n for n in presets.names() if presets.find(n).rule])
def test_a_rule_has_its_source_and_date(name: str) -> None:
    rule = presets.find(name).rule
    assert rule is not None
    assert set(rule) == {"says", "source", "first_hand", "date"}
    assert rule["first_hand"].startswith(("yes", "in part", "no"))
    assert rule["source"].startswith("https://")
    assert date(2026, 1, 1) <= date.fromisoformat(rule["date"]) <= date.today()


def placed(name: str, alpha: np.ndarray | None = None) -> tuple[Image, np.ndarray]:
    """What the preset makes of a bright disc on nothing, and where the disc is in it."""
    given = cutout(disc(40) if alpha is None else alpha)
    found = given.apply(*presets.preset(name))
    assert isinstance(found, Image)
    alone = steps(Look(**{k: getattr(presets.find(name).look, k) for k in ("fill", "size", "margin", "effect")}))
    subject = alone(given)
    assert isinstance(subject, Cutout)
    return found, subject.alpha


# Rule: shorter side at least, longer side at most, share of the frame that the subject takes, white needed.
RULES = {
    "amazon": (1000, 10_000, (0.85, 1.0), True),
    "ebay": (500, 30_000, (0.5, 1.0), True),
    "etsy": (2000, 30_000, (0.5, 1.0), False),
    "shopify": (800, 5000, (0.5, 1.0), True),
    "google": (500, 8000, (0.75, 0.90), True),
}


def test_every_rule_is_checked_and_every_shop_has_one() -> None:
    ruled = {name for name in presets.names() if presets.find(name).rule}
    assert ruled == {*RULES, "passport-eu", "passport-us"}
    assert ruled == {name for name in presets.names() if "srgb" in presets.find(name).look.effect}


@pytest.mark.parametrize("name", RULES)
def test_a_shops_rule_is_met(name: str) -> None:
    least, most, (low, high), white = RULES[name]
    image, alpha = placed(name)
    height, width = image.size_hw
    assert least <= min(height, width)
    assert max(height, width) <= most
    rows, columns = np.nonzero(alpha >= 0.1)
    share = max((np.ptp(rows) + 1) / height, (np.ptp(columns) + 1) / width)
    assert low <= share <= high
    assert min(rows.min(), columns.min(), height - 1 - rows.max(), width - 1 - columns.max()) > 0  # not cut off
    assert image.opacity is None
    if white:
        assert (image.rgb[alpha == 0] == 255).all()
        assert (image.rgb[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


def test_a_wide_and_a_high_product_meet_amazons_rule_as_well() -> None:
    for size_hw in ((60, 300), (300, 60)):
        alpha = np.zeros((320, 320), np.float32)
        alpha[: size_hw[0], : size_hw[1]] = 1
        image, shape = placed("amazon", alpha)
        rows, columns = np.nonzero(shape >= 0.1)
        assert max(np.ptp(rows) + 1, np.ptp(columns) + 1) / 2000 >= 0.85
        assert (image.rgb[shape == 0] == 255).all()


@pytest.mark.parametrize(("name", "size_hw", "low", "high"), [
    ("passport-eu", (1063, 827), 0.70, 0.80), ("passport-us", (600, 600), 0.50, 0.69),
])  # fmt: skip
def test_a_passports_head_has_its_share(name: str, size_hw: tuple[int, int], low: float, high: float) -> None:
    """Of a face whose crown and chin are known by eye."""
    given, factor = portrait(4), 4
    image = given.apply(*presets.preset(name))
    assert isinstance(image, Image)
    assert image.size_hw == size_hw
    assert any("office's template" in note for note in image.notes)
    found = find_head(given)
    assert found.crown == pytest.approx(CROWN * factor, abs=4)
    assert found.middle == pytest.approx(MIDDLE * factor, abs=0.05 * (CHIN - CROWN) * factor)
    share = {"passport-eu": 0.75, "passport-us": 0.6}[name]
    assert low < share * (CHIN - CROWN) * factor / (found.chin - found.crown) < high


def test_no_face_no_passport() -> None:
    with pytest.raises(UsageError, match="no face from the front"):
        cutout(disc(40)).apply(*presets.preset("passport-eu"))


def test_what_a_passport_cannot_be_made_of_is_refused() -> None:
    given = portrait(0.5)
    with pytest.raises(UsageError, match=r"enlarged \d+\.\d times it would be blurred"):
        given.apply(*presets.preset("passport-us"))
    cut = replace(given, rgb=given.rgb[12:], alpha=given.alpha[12:], source=None)
    with pytest.raises(UsageError, match="cuts the head at its top"):
        cut.apply(headshot((40, 50)))
    above = ((60, 0), (0, 0))
    taller = np.pad(given.alpha, above)
    taller[20:70, 90:136] = 1
    rgb: Any = np.pad(given.rgb, (*above, (0, 0)))
    high = replace(given, rgb=rgb, alpha=taller, source=None)
    with pytest.raises(UsageError, match="a hat, high hair"):
        high.apply(headshot((40, 50)))
    twice = replace(
        given, rgb=np.concatenate([given.rgb] * 2, 1), alpha=np.concatenate([given.alpha] * 2, 1), source=None
    )
    twice.alpha[-8:] = 1
    with pytest.raises(UsageError, match="2 faces are to be seen"):
        twice.apply(headshot((40, 50)))


def test_a_passport_shows_the_largest_subject_alone() -> None:
    given = portrait(0.5)
    alpha = given.alpha.copy()
    alpha[100:118, 2:14] = 1  # something beside the person
    found = replace(given, alpha=alpha).apply(headshot((240, 150), head=0.5))
    alone = given.apply(headshot((240, 150), head=0.5))
    assert isinstance(found, Cutout)
    assert isinstance(alone, Cutout)
    assert np.array_equal(found.alpha, alone.alpha)
    assert any("was left out" in note for note in found.notes)
    assert not any("was left out" in note for note in alone.notes)


@pytest.mark.parametrize("name", [*RULES, "passport-eu", "passport-us"])
def test_shops_and_offices_get_srgb(name: str) -> None:
    assert "srgb" in presets.find(name).look.effect


def test_a_shops_picture_of_a_wide_source_is_converted_and_marked() -> None:
    wide = cutout(icc=display_p3())
    found, plain = (one.apply(*presets.preset("amazon")) for one in (wide, replace(wide, metadata=Metadata())))
    assert isinstance(found, Image)
    assert isinstance(plain, Image)
    assert found.metadata.icc == plain.metadata.icc == profile()
    assert not np.array_equal(found.rgb, plain.rgb)  # the same numbers are other colours
    assert (found.rgb[0, 0] == 255).all()


def test_the_profile_is_the_same_every_day() -> None:
    assert profile()[24:36] == bytes.fromhex("07d0 0001 0001 0000 0000 0000")


def test_a_look_is_kept_read_again_and_removed(tmp_path: Path) -> None:
    look = Look(background="rgb(1, 2, 3)", fill="80%", effect=('outline:12,"x"'.replace('"x"', "red"),), light="linear")
    path = presets.save("my-shop", look, tmp_path / "looks")
    assert presets.find("my-shop", tmp_path / "looks").look == look
    assert presets.names(tmp_path / "looks")[-1] == "my-shop"
    with pytest.raises(OutputExists, match="my-shop is there already"):
        presets.save("my-shop", Look(fill="60%"), tmp_path / "looks")
    presets.save("my-shop", Look(fill="70%"), tmp_path / "looks", overwrite=True)
    assert presets.find("my-shop", tmp_path / "looks").look.fill == "70%"
    assert [one.name for one in path.parent.iterdir()] == ["my-shop.toml"]  # nothing half written beside it
    presets.remove("my-shop", tmp_path / "looks")
    with pytest.raises(UsageError, match="no look"):
        presets.remove("my-shop", tmp_path / "looks")


def test_a_look_that_cannot_be_removed_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presets.save("mine", Look(fill="60%"), tmp_path)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)  # root may remove everything
    with pytest.raises(OutputError, match=r"mine\.toml: cannot be removed"):
        presets.remove("mine", tmp_path)


def test_names_that_are_none_or_taken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean amazon"):
        presets.find("amazn")
    with pytest.raises(UsageError, match="no preset"):
        presets.find("../../etc/passwd")
    for name in ("amazon", "../x", "", "A B"):
        with pytest.raises(UsageError):
            presets.save(name, Look(fill="60%"), tmp_path)
    with pytest.raises(UsageError, match="would do nothing"):
        presets.save("mine", Look(), tmp_path)
    with pytest.raises(UsageError, match="cannot be removed"):
        presets.remove("amazon", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_look_that_makes_no_sense_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean outline"):
        presets.save("mine", Look(effect=("outlin",)), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[look]\nbackgruond = 'white'", "did you mean background?"),
        ("[looks]", "did you mean look?"),
        ("[look", "cannot be read as TOML"),
        ("[look]\neffect = 'outline'", "a list of texts"),
        ("[look]\nfill = true", "is a text"),
    ],
)
def test_a_damaged_file_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        presets.find("mine", tmp_path)
