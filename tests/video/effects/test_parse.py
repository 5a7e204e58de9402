"""Effects of a film from short texts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matteo.effects.look import Look, steps
from matteo.errors import UsageError
from matteo.picture.image import Image
from matteo.video.effects.moving import chain
from matteo.video.effects.parse import parse_effect
from matteo.video.effects.table import make

from .film import film, run, times


@pytest.mark.parametrize(("text", "name", "values"), [
    ("follow-spot", "follow-spot", {}),
    ("follow-spot:80%,0.2", "follow-spot", {"strength": 0.8, "radius": 0.2}),
    ("follow-spot:colour=rgb(0, 0, 90),lag=0.5s", "follow-spot", {"colour": "rgb(0, 0, 90)", "lag": 0.5}),
    ("trails: fade=1.5s, every=0.1", "trails", {"fade": 1.5, "every": 0.1}),
    ("clones:0.2s+0.5s,where=before", "clones", {"at": "0.2s+0.5s", "where": "before"}),
    ("follow-crop:1:1,size=64x64", "follow-crop", {"aspect": "1:1", "size": (64, 64)}),
    ("grade:noir,over=0", "grade", {"look": "noir", "over": 0.0}),
    ("label:Ada,offset=0.1x-0.1", "label", {"text": "Ada", "offset": (0.1, -0.1)}),
    ("zoom-in:2,begin=0.1s", "zoom-in", {"zoom": 2.0, "begin": 0.1}),
])  # fmt: skip
def test_texts(text: str, name: str, values: dict[str, object]) -> None:
    found, wanted = (run(chain([effect]), film(times(5))) for effect in (parse_effect(text), make(name, **values)))
    for time, (image, _) in found.items():
        assert np.array_equal(image.rgb, wanted[time][0].rgb)


def test_still_effects_are_asked_of_the_still_table() -> None:
    made, frame = next(film([Fraction(0)]))
    image, _ = chain([parse_effect("outline:12px,red"), parse_effect("colour:white")])(made, frame)
    plain = steps(Look(outline="12px,red", background="white"))(made)
    assert isinstance(plain, Image)
    assert np.array_equal(image.rgb, plain.rgb)


@pytest.mark.parametrize(("text", "says"), [
    ("trials", "did you mean trails"), ("outlin:3", "did you mean outline"), ("trails:fad=1", "did you mean fade"),
    ("trails:1,2,0.3,4", "takes 3 values at most"), ("trails:fade=1,fade=2", "gives fade twice"),
    ("original:3", "takes 0 values at most: none"), ("original:x=3", "it takes nothing"),
    ("grade:wram", "did you mean warm"),
    ("label:size=10%", "words or a picture"), ("trails:fade=x", "give seconds"), ("harmonize", "give a background too"),
])  # fmt: skip
def test_texts_that_are_wrong(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_effect(text)
