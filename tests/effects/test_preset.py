"""Presets: what each marketplace asks for is what comes out; looks of one's own are kept and read again."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from matteo.effects import preset as presets
from matteo.effects.look import Look, steps
from matteo.errors import OutputExists, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.remover import Remover

from ..pictures import photograph
from .drawn import cutout, disc


@cache
def person() -> Cutout:
    """A real cut-out by the shipped network, with its source."""
    from dataclasses import replace

    rgb = photograph("astronaut")
    return replace(Remover().remove(rgb), source=Image(rgb))


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_makes_a_picture(name: str) -> None:
    found = person().apply(*presets.preset(name))
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
    assert set(rule) == {"says", "source", "date"}
    assert rule["source"].startswith("https://")
    assert rule["date"][:4].isdigit()


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


def bust(size: int = 400) -> np.ndarray:
    """Head, neck and shoulders of a person: crown in row 60, neck from row 190."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    head = np.hypot((x - 200) / 52, (y - 130) / 70) <= 1
    neck = (np.abs(x - 200) < 28) & (y > 130) & (y < 260)
    shoulders = np.hypot((x - 200) / 150, (y - 400) / 160) <= 1
    found: np.ndarray = (head | neck | shoulders).astype(np.float32)
    return found


@pytest.mark.parametrize(("name", "size_hw", "low", "high"), [
    ("passport-eu", (1063, 827), 0.70, 0.80), ("passport-us", (600, 600), 0.50, 0.69),
])  # fmt: skip
def test_a_passports_head_has_its_share(name: str, size_hw: tuple[int, int], low: float, high: float) -> None:
    image, alpha = placed(name, bust())
    assert image.size_hw == size_hw
    crown = int(np.nonzero(alpha.max(1) >= 0.5)[0][0])
    widths = (alpha >= 0.5).sum(1)
    neck_width = 56 / 104 * widths[crown:][: size_hw[0] // 2].max()
    chin = crown + int(np.argmax(np.maximum.accumulate(widths[crown:]) * 0.7 > widths[crown:]))  # about
    assert neck_width > 0
    assert low - 0.05 <= (chin - crown) / size_hw[0] <= high + 0.05
    columns = np.nonzero(alpha[crown:chin].max(0) >= 0.5)[0]
    assert abs(columns.mean() - size_hw[1] / 2) < 0.01 * size_hw[1]


def test_no_head_no_passport() -> None:
    with pytest.raises(UsageError, match="no head on shoulders"):
        cutout(disc(40)).apply(*presets.preset("passport-eu"))


def test_a_look_is_kept_read_again_and_removed(tmp_path: Path) -> None:
    look = Look(background="rgb(1, 2, 3)", fill="80%", effect=('outline:12,"x"'.replace('"x"', "red"),), light="linear")
    path = presets.save("my-shop", look, tmp_path / "looks")
    assert presets.find("my-shop", tmp_path / "looks").look == look
    assert presets.names(tmp_path / "looks")[-1] == "my-shop"
    with pytest.raises(OutputExists, match="my-shop is there already"):
        presets.save("my-shop", Look(), tmp_path / "looks")
    presets.save("my-shop", Look(fill="70%"), tmp_path / "looks", overwrite=True)
    assert presets.find("my-shop", tmp_path / "looks").look.fill == "70%"
    assert [one.name for one in path.parent.iterdir()] == ["my-shop.toml"]  # nothing half written beside it
    presets.remove("my-shop", tmp_path / "looks")
    with pytest.raises(UsageError, match="no look"):
        presets.remove("my-shop", tmp_path / "looks")


def test_names_that_are_none_or_taken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean amazon"):
        presets.find("amazn")
    with pytest.raises(UsageError, match="no preset"):
        presets.find("../../etc/passwd")
    for name in ("amazon", "../x", "", "A B"):
        with pytest.raises(UsageError):
            presets.save(name, Look(), tmp_path)
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
