"""Tone curves there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matteo.picture.light import light_of

from .made import display_p3, grey_profile


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_linear_light_and_back_is_the_identity(dtype: Any, icc: bytes | None) -> None:
    tone = light_of(icc)
    rgb = np.repeat(np.arange(np.iinfo(dtype).max + 1)[:, None, None], 3, axis=2).astype(dtype)
    assert np.array_equal(tone.encoded(tone.linear(rgb), dtype), rgb)


def test_srgb_is_the_standards() -> None:
    """IEC 61966-2-1, and sRGB too for what has no curves of its own."""
    values = np.arange(256) / 255
    expected = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    rgb = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    for icc in (None, grey_profile(1.8), b"no profile"):
        assert np.abs(light_of(icc).linear(rgb)[:, 0, 1] - expected).max() < 2e-4


def test_what_is_no_light_is_cut_off() -> None:
    linear = np.array([[[-1, 0, 2]]], np.float32)
    assert light_of(None).encoded(linear, np.uint8).tolist() == [[[0, 0, 255]]]
