"""Effects of films at their bounds: wrong values in a file, strengths of 0, frames that need a face, words at keys."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from matteo.effects.background import Background, colour, parse_background
from matteo.effects.entry import Parameter as P
from matteo.effects.look import Look
from matteo.effects.parse import FITTED
from matteo.effects.table import TABLE as STILL
from matteo.effects.table import make as make_still
from matteo.errors import PictureError, UsageError
from matteo.video.cut import cut_video
from matteo.video.effects.film_file import read_effects
from matteo.video.effects.follow_crop import follow_crop
from matteo.video.effects.keys import Key, Track
from matteo.video.effects.moving import chain
from matteo.video.effects.table import TABLE
from matteo.video.effects.table import make as make_moving

from ..pictures import photograph
from .clips import decoded, disc_step, make_film
from .effects.film import film, run, times

LONG = "a" * 5000
WRONG = (
    "1", "0", "-1", "nan", "inf", "1e400", "99999999999999999999999", "true", '"x"', '""', "[]", "[1]", "[1, 2]",
    '["a", "b"]', "[true, false]", "{a = 1}", "[[1, 2], [3, 4]]", "1979-05-27", "07:32:00", '"\\u0000"', f'"{LONG}"',
    f'"{LONG}.png"', "[{at = 0, value = 1}, {at = 1, value = 2}]", "[{at = 0, value = {}}, {at = 1, value = {}}]",
    "[{at = 0, value = [[1]]}, {at = 1, value = [[2]]}]", "[{at = 0, value = true}, {at = 1, value = false}]",
)  # fmt: skip
NEEDED = {"label": 'text = "hi"', "clones": 'at = "1s"'}
ZEROS = ("blur:0", "dim:0", "grey:0", "spot:0")


def written(folder: Path, text: str) -> Path:
    path = folder / "film.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", [*TABLE, *STILL])
def test_whatever_a_parameter_is_given_the_file_is_read_or_an_error_names_it(tmp_path: Path, name: str) -> None:
    for key in {**STILL, **TABLE}[name].parameters:
        kinds = (UsageError, PictureError) if key in ("picture", "given") else UsageError
        for value in WRONG:
            more = "" if NEEDED.get(name, "").startswith(key) else NEEDED.get(name, "")
            said = "value" if key == "name" else key
            error = error_of(written(tmp_path, f'[[effect]]\nname = "{name}"\n{more}\n{said} = {value}\n'))
            assert error is None or isinstance(error, kinds), (key, value)
            assert error is None or f"film.toml: effect 1 ({name}): " in str(error)


def error_of(path: Path) -> Exception | None:
    try:
        read_effects(path, colour("white"))
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize(("text", "says"), [
    ("outline'\ncolour = 0", "'0' is no colour"),
    ("outline'\ncolour = true", "colour is True; give a text in quotes: a CSS name"),
    ("outline'\ncolour = ['red']", "colour is ('red',); give a text in quotes"),
    ("label'\ntext = true", "text is True; give a text in quotes: the words"),
    ("label'\ntext = 2024-05-27", "text is datetime.date(2024, 5, 27); give a text, a number"),
    ("label'\ntext = {a = 1}", "text is {'a': 1}; give a text, a number"),
    ("label'\npicture = 3", "picture is 3; give the path of a picture, in quotes"),
    (f"label'\npicture = '{LONG}'", "picture is no path of a picture (File name too long)"),
    ("label'\ntext = 'a'\nfont = \"\\u0000\"", "cannot be read as a font"),
    ("gradient'\ncolours = [1, 2]", "colours is (1, 2); give texts in quotes: two or more"),
    ("harmonize'\nbackground = true", "background is True; give a text in quotes: the background"),
    (f"harmonize'\nbackground = '{LONG}'", "is no background; The forms are"),
    ("avatar'\nbackground = 'blu'", "'blu' is no colour; did you mean blue?"),
])  # fmt: skip
def test_a_value_of_another_kind_is_refused_with_what_is_expected(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, f"[[effect]]\nname = '{text}\n")
    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        read_effects(path)
    assert str(caught.value).startswith(f"{path}: effect 1 (")


def test_a_background_too_long_for_a_name_is_none() -> None:
    with pytest.raises(UsageError, match="is no background"):
        parse_background(LONG)


def test_an_avatars_background_is_a_colour_that_changes(tmp_path: Path) -> None:
    made, frame = next(film([Fraction(0)]))
    one = read_effects(written(tmp_path, "[[effect]]\nname = 'avatar'\nbackground = '#ff0000'\n"))
    wanted, _ = chain([make_still("avatar", background="#ff0000")])(made, frame)
    assert np.array_equal(chain(one)(made, frame)[0].rgb, wanted.rgb)
    keys = "[{at = 0, value = '#000000'}, {at = 1, value = '#ff0000'}]"
    changing = read_effects(written(tmp_path, f"[[effect]]\nname = 'avatar'\nbackground = {keys}\n"))
    grown = run(chain(changing), film(times(4)))
    assert [int(image.rgb[5, 256, 0]) for image, _ in grown.values()] == [0, 64, 128, 191, 255]


@pytest.mark.parametrize("name", FITTED)
def test_value_names_the_background_of_what_fits_to_it(tmp_path: Path, name: str) -> None:
    made, frame = next(film([Fraction(0)]))
    wanted, _ = chain([make_still(name, background="blue")])(made, frame)
    for key in ("value", "background"):
        path = written(tmp_path, f"[[effect]]\nname = '{name}'\n{key} = 'blue'\n")
        assert np.array_equal(chain(read_effects(path, colour("red")))(made, frame)[0].rgb, wanted.rgb)


def test_a_number_is_a_text_where_one_is_wanted(tmp_path: Path) -> None:
    made, frame = next(film([Fraction(0)]))
    for name, key, number in (("label", "text", 2024), ("follow-crop", "aspect", 1.5)):
        effects = read_effects(written(tmp_path, f"[[effect]]\nname = '{name}'\n{key} = {number}\n"))
        wanted, _ = chain([make_moving(name, **{key: str(number)})])(made, frame)
        assert np.array_equal(chain(effects)(made, frame)[0].rgb, wanted.rgb)


@pytest.mark.parametrize("text", ZEROS)
def test_of_strength_0_a_film_is_the_original_and_opaque(tmp_path: Path, text: str) -> None:
    source = make_film(tmp_path / "film.mp4", frames=2, sound=None)
    made = cut_video(source, background=text, step=disc_step, quality="draft")
    assert made.outputs == (tmp_path / "film.cutout.mp4",)
    before, after = (decoded(path, "rgb24").astype(int) for path in (source, made.outputs[0]))
    assert np.abs(after - before).mean() < 4  # coded twice


@pytest.mark.parametrize("text", ZEROS)
def test_of_strength_0_it_is_the_original_wherever_it_lies(text: str) -> None:
    """At the end, to the bit; under effects that go on with it, but for the rounding of soft pixels."""
    ground = parse_background(text)
    assert isinstance(ground, Background)
    made, frame = next(film([Fraction(0)]))
    assert made.source is not None
    assert np.array_equal(chain([], ground)(made, frame)[0].rgb, made.source.rgb)
    crop = follow_crop("16:9")
    image, _ = chain([crop], ground)(made, frame)
    wanted, _ = chain([make_moving("original"), crop])(made, frame)
    assert image.opacity is None
    assert np.array_equal(image.rgb, wanted.rgb)
    assert np.abs(ground.behind(made).rgb.astype(int) - made.source.rgb)[made.alpha == 0].max() == 0


def filmed(path: Path, frames: list[NDArray[np.uint8]]) -> Path:
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("ffv1", rate=10)
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "bgr0"
        for number, rgb in enumerate(frames):
            frame = VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_a_film_of_one_face_becomes_a_headshot(tmp_path: Path) -> None:
    source = filmed(tmp_path / "talk.mkv", [photograph("astronaut")] * 2)
    look = Look(effect=("headshot:size=150x200",), background="white")
    made = cut_video(source, tmp_path / "head.mp4", look=look, quality="draft")
    assert made.frames == 2
    assert decoded(made.outputs[0], "rgb24").shape == (2, 200, 150, 3)
    assert cut_video(source, look=Look(effect=look.effect), quality="draft").outputs[0].suffix == ".mkv"


def test_without_a_face_the_film_and_the_frame_are_named(tmp_path: Path) -> None:
    source = make_film(tmp_path / "film.mp4", frames=2, sound=None)
    says = f"{source}: the frame at 0 s: no face from the front"
    with pytest.raises(UsageError, match=re.escape(says)):
        cut_video(source, tmp_path / "head.mov", look=Look(effect=("headshot",)), step=disc_step)


def test_what_goes_wrong_later_names_the_frame() -> None:
    made, frame = list(film(times(4)))[2]
    with pytest.raises(UsageError, match=r"the frame at 0\.5 s: no face from the front"):
        chain([make_still("headshot")])(made, frame)


def test_words_that_look_like_lengths_switch_at_the_key(tmp_path: Path) -> None:
    path = written(tmp_path, """
        [[effect]]
        name = "label"
        text = [{at = 0, value = "10%"}, {at = 1, value = "50%"}]
    """)  # fmt: skip
    made, frame = list(film(times(2)))[1]
    wanted, _ = chain([make_moving("label", text="10%")])(made, frame)
    assert np.array_equal(chain(read_effects(path))(made, frame)[0].rgb, wanted.rgb)


@pytest.mark.parametrize("parameter", [
    TABLE["label"].parameters["text"], TABLE["label"].parameters["font"], TABLE["label"].parameters["picture"],
    STILL["picture"].parameters["given"], STILL["crop"].parameters["aspect"], P("white", "a colour"),
])  # fmt: skip
def test_what_is_no_length_never_goes_over(parameter: P) -> None:
    assert between("10px", "50px", parameter) == "10px"


@pytest.mark.parametrize(("name", "key"), [("outline", "width"), ("glow", "size"), ("pattern", "size")])
def test_lengths_go_over(name: str, key: str) -> None:
    assert between("1%", "5%", STILL[name].parameters[key]) == "3.000000%"


def between(old: str, new: str, parameter: P) -> object:
    return Track((Key(Fraction(0), old), Key(Fraction(1), new)), parameter).at(Fraction(1, 2))
