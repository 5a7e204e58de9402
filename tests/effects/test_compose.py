"""Posters: layers where they were put, in their order; a file that makes no sense is named before anything is made."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matteo.effects.compose import compose, whole
from matteo.effects.poster import read_poster
from matteo.errors import MatteoError, PictureError, UnreadablePicture
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata
from matteo.picture.layers import stack as layered
from matteo.picture.limits import Limits
from matteo.picture.read import read

from ..picture.made import display_p3, noise, saved
from .drawn import disc

NOTHING = np.zeros((40, 60), np.float32)
PLAIN = '[canvas]\nsize = "200x100"\nbackground = "#204060"\n[[layer]]\npicture = "a.png"\n'


def opened(path: Path, cut: bool) -> Cutout:
    """The whole picture, or of it a disc: what is composed is tested here, not the network."""
    found = whole(read(path))
    return found if not cut else Cutout(found.rgb, disc(15, found.size_hw, (20, 30)), metadata=found.metadata)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, colour in (("a", (250, 10, 10)), ("b", (10, 250, 10))):
        (tmp_path / f"{name}.png").write_bytes(saved(np.full((40, 60, 3), colour, np.uint8), "PNG"))
    return tmp_path


def made(folder: Path, text: str) -> layered.Stack:
    (folder / "poster.toml").write_text(text)
    return compose(read_poster(folder / "poster.toml"), opened)


def test_a_picture_stands_where_it_was_put(folder: Path) -> None:
    flat = made(folder, PLAIN + 'cut = false\nat = "0,0"\nanchor = "top-left"').flattened()
    assert flat.size_hw == (100, 200)
    assert (flat.rgb[:40, :60] == (250, 10, 10)).all()
    assert (flat.rgb[40:] == (0x20, 0x40, 0x60)).all()
    assert flat.opacity is None


def test_height_width_and_scale(folder: Path) -> None:
    for size, size_hw in (('height = "50%"', (50, 75)), ("width = 0.15", (20, 30)), ("scale = 0.5", (20, 30))):
        flat = made(folder, f'{PLAIN}cut = false\nat = "bottom-right"\nanchor = "bottom-right"\n{size}').flattened()
        red = (flat.rgb == (250, 10, 10)).all(2)
        assert red.sum() == size_hw[0] * size_hw[1]
        assert red[-1, -1]
        assert red[100 - size_hw[0], 200 - size_hw[1]]


def test_the_order_is_that_of_the_file_or_as_told(folder: Path) -> None:
    second = '[[layer]]\npicture = "b.png"\ncut = false\n'
    assert (made(folder, PLAIN + "cut = false\n" + second).flattened().rgb[50, 100] == (10, 250, 10)).all()
    assert (
        made(folder, PLAIN + "cut = false\n" + second + "order = -1").flattened().rgb[50, 100] == (250, 10, 10)
    ).all()


def test_opacity_mixes_and_what_is_not_visible_stays_in_the_file(folder: Path) -> None:
    half = made(folder, PLAIN + "cut = false\nopacity = 0.5").flattened()
    assert np.abs(half.rgb[50, 100] - np.array([141, 37, 53])).max() <= 0.5
    hidden = made(folder, PLAIN + "visible = false")
    assert [layer.name for layer in hidden.layers] == ["background", "a"]
    assert (hidden.flattened().rgb == (0x20, 0x40, 0x60)).all()


def test_a_turned_layer_is_a_turned_picture(folder: Path) -> None:
    flat = made(folder, PLAIN + "cut = false\nrotate = 90").flattened()
    assert ((flat.rgb == (250, 10, 10)).all(2).sum(0) > 0).sum() == 40


def test_a_cut_layer_has_a_mask_and_its_shadow_a_layer(folder: Path) -> None:
    found = made(folder, PLAIN + 'outline = "4px,white"\nname = "me"')
    assert [(layer.name, layer.masked) for layer in found.layers] == [
        ("background", False), ("me, outline", False), ("me", True),
    ]  # fmt: skip
    data = layered.encode(found, "psd")
    from psd_tools import PSDImage

    assert [layer.name for layer in PSDImage.open(io.BytesIO(data))] == ["background", "me, outline", "me"]


def test_without_a_background_the_canvas_is_see_through(folder: Path) -> None:
    flat = made(folder, '[canvas]\nsize = "90x80"\n[[layer]]\npicture = "a.png"').flattened()
    assert flat.opacity is not None
    assert flat.opacity.sum() == pytest.approx(disc(15, (40, 60), (20, 30)).sum(), rel=0.001)


def test_the_deepest_layer_and_the_lowest_ones_profile_decide(folder: Path) -> None:
    deep = noise(40, 60, dtype=np.uint16)
    Image(deep, metadata=Metadata(icc=display_p3())).save(folder / "a.png", overwrite=True)
    found = made(folder, PLAIN + 'cut = false\n[[layer]]\npicture = "b.png"\ncut = false\nat = "top-left"')
    assert (found.depth, found.metadata.icc) == (16, display_p3())
    assert np.array_equal(found.flattened().rgb[30:70, 70:130], deep)
    assert not (found.flattened().rgb[0, 0] // 257 == (10, 250, 10)).all()  # sRGB's green is another one in P3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN.replace("background", "backgruond"), "did you mean background?"),
        (PLAIN.replace("picture", "pictrue"), "did you mean picture?"),
        (PLAIN.replace("layer", "layers"), "did you mean layer?"),
        (PLAIN.replace("200x100", "0x0"), "1 to 30000"),
        (PLAIN.replace("200x100", "1000000x1000000"), "1 to 30000"),
        (PLAIN.replace("200x100", "30000x30000"), "megapixels"),
        (PLAIN.replace("200x100", "large"), "poster.toml: canvas: size is 'large'; give a width and a height"),
        (PLAIN.replace("size", "sise"), r"poster.toml: canvas: 'sise' is not known; did you mean size\?"),
        (PLAIN.replace('size = "200x100"\n', ""), "canvas: has no size"),
        (PLAIN.replace("a.png", "c.png"), "c.png is not there"),
        (PLAIN.replace("#204060", "bleu"), "poster.toml: canvas: 'bleu' is no background; did you mean blue"),
        (PLAIN + "scale = 0", "0.001 to 100"),
        (PLAIN + "scale = 1\nwidth = 1", "both say how large"),
        (PLAIN + 'rotate = "far"', "rotate is 'far'"),
        (PLAIN + "opacity = 2", "opacity is 2: write 2%"),
        (PLAIN + "height = 85", r"poster.toml: layer 1: height is 85: write 85% or 0.85$"),
        (PLAIN + 'at = "botom"', r"poster.toml: layer 1: at is 'botom'; did you mean bottom\?"),
        (PLAIN + 'at = "50,90"', "layer 1: at is 50: write 50%"),
        (PLAIN + 'at = "300%,0"', r"poster.toml: layer 1 \(a\): nothing of the subject is on the canvas"),
        (PLAIN + 'shadow = "dropp"', r"poster.toml: layer 1 \(a\): kind is 'dropp'; did you mean drop"),
        (PLAIN + 'shadow = "keep"', "layer 1 .a.: the photograph's own shadow lies on its own floor"),
        (PLAIN + 'outline = "thick"', r"layer 1 \(a\): 'thick' is no length"),
        (PLAIN + 'cut = "no"', "true or false"),
        (PLAIN + 'effect = ["outlin"]', r"poster.toml: layer 1 \(a\): 'outlin' is no effect; did you mean outline\?"),
        (PLAIN + 'effect = "outline"', "a list of texts"),
        (PLAIN + 'effect = ["avatar"]', "whole picture"),
        (PLAIN + 'effect = ["crop"]', "changes the canvas"),
        ("[canvas]\nsize = '9x9'", "has no layers"),
        ("[canvas]\nsize = '9x9'\n[layer]\npicture = 'a.png'", "two brackets"),
        ("[[layer]]\npicture = 'a.png'", "has no canvas"),
        ("[canvas", "cannot be read as TOML"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, said: str, folder: Path) -> None:
    with pytest.raises(MatteoError, match=said):
        made(folder, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MatteoError, match="no such file"):
        read_poster(tmp_path / "poster.toml")


def test_a_missing_picture_stops_before_any_is_opened(folder: Path) -> None:
    text = PLAIN + '[[layer]]\npicture = "missing.jpg"'
    (folder / "poster.toml").write_text(text)
    with pytest.raises(UnreadablePicture, match=r"layer 2: .*missing.jpg is not there"):
        read_poster(folder / "poster.toml")


def test_the_poster_of_the_documentation(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "editing.md").read_text(encoding="utf-8")
    for name in ("me.jpg", "stamp.png"):
        (tmp_path / name).write_bytes(saved(noise(), "PNG"))
    found = made(tmp_path, text.split("```toml\n")[1].split("```")[0])
    assert found.size_hw == (800, 1200)
    assert [layer.name for layer in found.layers] == ["background", "stamp", "me, drop shadow", "me"]


def test_what_is_to_be_said_of_a_layer_names_it(folder: Path) -> None:
    found = made(folder, PLAIN + 'cut = false\nat = "0,0.5"\n[[layer]]\npicture = "b.png"\nname = "two"\nscale = 1.5')
    assert found.notes[0] == "a: 50% of the subject is beyond the canvas and cut off"
    assert found.notes[1].startswith("two: enlarged 1.50 times")


def test_a_layer_without_a_subject_is_an_error(folder: Path) -> None:
    (folder / "poster.toml").write_text(PLAIN)
    with pytest.raises(PictureError, match=r"layer 1 \(a\): .*a.png.*cut = false"):
        compose(read_poster(folder / "poster.toml"), lambda path, cut: replace(opened(path, cut), alpha=NOTHING))


def test_a_larger_canvas_is_let_in_by_a_larger_limit(folder: Path) -> None:
    (folder / "poster.toml").write_text(PLAIN.replace("200x100", "20000x11000"))
    assert read_poster(folder / "poster.toml", Limits(pixels=220_000_000)).size_wh == (20000, 11000)
    with pytest.raises(MatteoError, match=r"0\.01 megapixels"):
        read_poster(folder / "poster.toml", Limits(pixels=10_000))


@pytest.mark.parametrize("side", [39, 40, 41, 58, 59])
@pytest.mark.parametrize("size", ["scale = 1", "height = 0.{side:03}"])
def test_a_layer_of_its_own_size_is_not_resampled(side: int, size: str, folder: Path) -> None:
    """Its middle may lie between two pixels of the canvas."""
    array = noise(side, side)
    (folder / "a.png").write_bytes(saved(array, "PNG"))
    canvas = '[canvas]\nsize = "1001x1000"\nbackground = "white"\n'
    text = canvas + '[[layer]]\npicture = "a.png"\ncut = false\nat = "0.5,0.5"\n'
    flat = made(folder, text + size.format(side=side)).flattened()
    rows, columns = (np.flatnonzero((flat.rgb != 255).any(axis=(2, axis))) for axis in (1, 0))
    assert np.array_equal(flat.rgb[rows[0] : rows[0] + side, columns[0] : columns[0] + side], array)
    assert (rows[-1] - rows[0], columns[-1] - columns[0]) == (side - 1, side - 1)
