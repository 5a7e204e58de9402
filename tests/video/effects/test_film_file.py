"""A film's effects in a TOML file."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.effects.background import colour
from matteo.errors import UsageError
from matteo.picture.image import Image
from matteo.video.effects.film_file import read_effects
from matteo.video.effects.follow_spot import follow_spot
from matteo.video.effects.moving import Timed, chain

from ...picture.made import smooth
from .film import film, run, times


def written(folder: Path, text: str) -> Path:
    path = folder / "film.toml"
    path.write_text(text)
    return path


def test_exact_at_the_keys_and_only_in_its_time(tmp_path: Path) -> None:
    path = written(tmp_path, """
        [[effect]]
        name = "follow-spot"
        from = "0.2s"
        to = "0.8s"
        lag = 0
        strength = [{at = 0.3, value = "20%"}, {at = "0.5s", value = 1, ease = "in-out"}]
        colour = [{at = 0, value = "black"}, {at = 1, value = "blue"}]
    """)  # fmt: skip
    found = run(chain(read_effects(path)), film(times(10)))
    for made, frame in film(times(10)):
        image = found[frame.time][0]
        if not Fraction(1, 5) <= frame.time < Fraction(4, 5):
            assert image.opacity is not None
            continue
        strength = {2: 0.2, 3: 0.2, 4: 0.6}.get(int(frame.time * 10), 1.0)
        blue = f"rgb(0, 0, {round(255 * float(frame.time))})"
        wanted, _ = chain([follow_spot(strength, colour=blue, lag=0)])(made, frame)
        assert np.array_equal(image.rgb, wanted.rgb)


def test_still_effects_change_too_in_their_order(tmp_path: Path) -> None:
    path = written(tmp_path, """
        [[effect]]
        name = "outline"
        value = [{at = 0, value = "0px"}, {at = 1, value = "10px"}]
        [[effect]]
        name = "colour"
        value = "#102030"
    """)  # fmt: skip
    found = run(chain(read_effects(path)), film(times(10), lambda time: (80, 45)))
    white = [float(image.rgb[45:46].mean()) for image, _ in found.values()]
    assert all(a < b for a, b in pairwise(white))
    assert all((image.rgb[0, 0] == (16, 32, 48)).all() for image, _ in found.values())


def test_blur_grows_from_nothing_under_what_follows(tmp_path: Path) -> None:
    path = written(tmp_path, """
        [[effect]]
        name = "blur"
        strength = [{at = 0, value = 0}, {at = 1, value = 60}]
        [[effect]]
        name = "follow-crop"
        aspect = "1:1"
    """)  # fmt: skip
    found = run(chain(read_effects(path)), film(times(4)))
    rough = [float(np.abs(np.diff(image.rgb.astype(float), axis=1)).mean()) for image, _ in found.values()]
    assert all(a > b for a, b in pairwise(rough))
    assert all(image.size_hw == (90, 90) and image.opacity is None for image, _ in found.values())


def test_pictures_lie_beside_the_file_and_are_read_once(tmp_path: Path) -> None:
    for name, value in (("one.png", 10), ("two.png", 200)):
        PilImage.fromarray(np.full((100, 180, 3), value, np.uint8)).save(tmp_path / name)
    path = written(tmp_path, """
        [[effect]]
        name = "picture"
        given = [{at = 0, value = "one.png"}, {at = "0.5s", value = "two.png"}]
    """)  # fmt: skip
    effects = read_effects(path)
    (tmp_path / "one.png").unlink()
    found = run(chain(effects), film(times(10)))
    assert [int(image.rgb[0, 0, 0]) for image, _ in found.values()] == [10] * 5 + [200] * 6


def test_the_films_background_is_known_to_what_fits_to_it(tmp_path: Path) -> None:
    path = written(tmp_path, '[[effect]]\nname = "harmonize"\n')
    made, frame = next(film([Fraction(0)]))
    blue, _ = chain(read_effects(path, colour("blue")))(made, frame)
    assert blue.rgb[45, 40].tolist() != made.rgb[45, 40].tolist()
    with pytest.raises(UsageError, match="give a background too"):
        read_effects(path)
    named = written(tmp_path, '[[effect]]\nname = "harmonize"\nbackground = "blue"\n')
    assert np.array_equal(chain(read_effects(named))(made, frame)[0].rgb, blue.rgb)


def test_what_it_does_is_told(tmp_path: Path) -> None:
    PilImage.fromarray(smooth(100, 180)).save(tmp_path / "a.png")
    text = '[[effect]]\nname = "parallax"\npicture = "a.png"\namount = [{at = 0, value = 0}, {at = 1, value = 0.2}]\n'
    (first,), (again,) = (read_effects(written(tmp_path, text)) for _ in range(2))
    (faster,) = read_effects(written(tmp_path, text.replace("0.2", "0.3")))
    PilImage.fromarray(smooth(101, 180)).save(tmp_path / "a.png")
    (other,) = read_effects(written(tmp_path, text))
    assert first.told is not None
    assert first.told == again.told
    assert len({first.told, faster.told, other.told}) == 3


def test_a_changing_label_is_the_one_of_its_time(tmp_path: Path) -> None:
    path = written(tmp_path, """
        [[effect]]
        name = "label"
        text = [{at = 0, value = "one"}, {at = "0.5s", value = "two"}]
        size = [{at = 0, value = 0.1}, {at = 1, value = 0.3}]
    """)  # fmt: skip
    (effect,) = read_effects(path)
    assert isinstance(effect, Timed)
    assert effect.at(Fraction(7, 10)) is effect.at(Fraction(7, 10))
    sums = [float(image.opacity.sum()) for image, _ in run(chain([effect]), film(times(10))).values()]
    assert sums[-1] > sums[0]


TRAILS = "[[effect]]\nname = 'trails'\n"


@pytest.mark.parametrize(("text", "says"), [
    ("[[effect", "cannot be read as TOML"),
    ("", "has no effects"),
    ("[effect]\nname = 'trails'", "has no effects"),
    ("[[efect]]\nname = 'trails'", "'efect' is not known"),
    ("[[effect]]\nradius = 1", "effect 1: has no name"),
    ("[[effect]]\nname = 'folow-spot'", "effect 1 (folow-spot): 'folow-spot' is no effect; did you mean follow-spot?"),
    (TRAILS + "[[effect]]\nname = 'grade'\nlok = 'warm'", "2 (grade): grade knows no 'lok'; did you mean look?"),
    ("[[effect]]\nname = 'grade'\nlook = 'nor'", "effect 1 (grade): look is 'nor'; did you mean noir?"),
    (TRAILS + "fade = -1", "effect 1 (trails): fade is -1"),
    (TRAILS + "strength = 'x'", "effect 1 (trails): strength is 'x'"),
    (TRAILS + "strength = [{at = 0, value = 0.1}, {at = 2, value = 7}]", "strength, key 2: strength is 7"),
    (TRAILS + "strength = [{at = 2, value = 0.1}, {at = 1, value = 0.2}]", "strength: its times do not rise (1s c"),
    (TRAILS + "strength = [{at = 2, value = 0.1}, {at = 2, value = 0.2}]", "times do not rise"),
    (TRAILS + "strength = [{at = 2}]", "strength, key 1: is no key"),
    (TRAILS + "strength = [{at = 2, value = 0.1}, 3]", "strength, key 2: is no key"),
    (TRAILS + "strength = [{at = 2, value = 1, eas = 'in'}]", "'eas' is not known; did you mean ease?"),
    (TRAILS + "strength = [{at = 2, value = 1, ease = 'inout'}]", "ease is 'inout'; did you mean in-out?"),
    (TRAILS + "from = 'soon'", "from is 'soon'"),
    (TRAILS + "from = 3\nto = '2s'", "to is '2s', not after from"),
    ("[[effect]]\nname = 'follow-spot'\ncolour = 'blu'", "1 (follow-spot): 'blu' is no colour; did you mean blue?"),
    ("[[effect]]\nname = 'outline'\nwidth = 3\nvalue = 3", "value says width twice"),
    ("[[effect]]\nname = 'outline'\nwidth = [{at = 0, value = 3}, {at = 1, value = 'wide'}]", "'wide' is no length"),
    ("[[effect]]\nname = 'clones'\nat = 'x'", "effect 1 (clones): at is 'x'"),
    ("[[effect]]\nname = 'parallax'\npicture = 'none.jpg'", "effect 1 (parallax): none.jpg"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Exception, match=re.escape(says)) as caught:
        read_effects(written(tmp_path, text))
    assert str(tmp_path / "film.toml") in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_effects(tmp_path / "none.toml")


def test_the_example_of_the_docstring_is_read(tmp_path: Path) -> None:
    text = str(read_effects.__doc__)
    example = text[text.index("[[effect]]") : text.index("    name: of")]
    (effect,) = read_effects(written(tmp_path, example))
    made, frame = next(film([Fraction(3)]))
    image, _ = chain([effect])(made, frame)
    assert isinstance(image, Image)
    assert image.opacity is None
