from __future__ import annotations

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.learning.evaluation.degrade import KINDS, STRENGTHS, Degradation, decode, encode, parse
from tests.pictures import photograph


def flat(level: int) -> np.ndarray:
    return np.full((200, 300, 3), level, np.uint8)


def test_srgb_there_and_back_is_the_same() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (encode(decode(ramp)) == ramp).all()
    assert decode(np.array([188], np.uint8))[0] == pytest.approx(0.503, abs=1e-3)  # IEC 61966-2-1


@pytest.mark.parametrize(("strength", "full", "read"), [(1, 400, 0.005), (2, 100, 0.01), (3, 25, 0.02)])
def test_noise_has_the_variance_of_counted_photons(strength: int, full: int, read: float) -> None:
    light = decode(Degradation("noise", strength)(flat(150), "a")).astype(np.float64)
    before = float(decode(flat(150))[0, 0, 0])
    assert light.mean() == pytest.approx(before, rel=0.02)
    assert light.std() == pytest.approx((before / full + read**2) ** 0.5, rel=0.05)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_dark_is_whole_stops_less_light(strength: int) -> None:
    light = decode(Degradation("dark", strength)(flat(200), "a"))
    assert light.mean() == pytest.approx(float(decode(flat(200))[0, 0, 0]) / 2 ** (strength + 1), rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_stronger_is_worse_and_the_key_is_the_seed(kind: str) -> None:
    rgb = photograph("chelsea")
    before = rgb.copy()
    errors = [np.square(rgb.astype(float) - Degradation(kind, s)(rgb, "cat")).mean() for s in STRENGTHS]
    assert 0 < errors[0] < errors[1] < errors[2]
    made = Degradation(kind, 2)(rgb, "cat")
    assert made.dtype == np.uint8
    assert made.shape == rgb.shape
    assert (made == Degradation(kind, 2)(rgb, "cat")).all()
    assert kind == "jpeg" or (made != Degradation(kind, 2)(rgb, "dog")).any()
    assert (rgb == before).all()


def test_jpeg_keeps_colours_in_their_order() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 220
    assert Degradation("jpeg", 1)(red, "a")[16, 16, 0] > 200
    assert Degradation("jpeg", 1)(red, "a")[16, 16, 2] < 30


def test_what_there_is_not_is_refused_with_what_there_is() -> None:
    assert parse("none") is None
    assert parse("dark:3") == Degradation("dark", 3)
    for text in ("noise", "noise:4", "noise:0", "fog:1", ""):
        with pytest.raises(UsageError, match="noise:1 to noise:3, dark:1"):
            parse(text)
