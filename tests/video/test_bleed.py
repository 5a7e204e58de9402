"""Colours beyond the edge: the subject's own, nothing of the background, and a cleaner edge after a lossy codec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matteo.picture.image import Image
from matteo.video.bleed import REACH, bled
from matteo.video.writer import Plan, SegmentWriter
from tests.video.clips import SIZE, SUBJECT, decoded, disc, picture


def test_what_is_seen_stays_and_what_is_hidden_is_the_subjects() -> None:
    alpha = disc(3)
    rgb = picture(3).copy()
    rgb[alpha > 0] = SUBJECT
    found = bled(rgb, alpha)
    assert np.array_equal(found[alpha > 0], rgb[alpha > 0])
    assert {tuple(colour) for colour in found[alpha == 0].tolist()} == {SUBJECT, (0, 0, 0)}
    assert found[0, -1].tolist() == [0, 0, 0]  # far away


def test_nothing_where_there_is_no_subject() -> None:
    assert not bled(picture(0), np.zeros(SIZE, np.float32)).any()
    assert REACH > 0


def test_the_edge_of_a_lossy_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against zeros beyond the edge, as the cut-out has them."""

    def error(name: str) -> float:
        writer = SegmentWriter(tmp_path / name, Plan("vp9", transparent=True))
        for index in range(4):
            rgb = np.where(disc(index)[..., None] > 0, np.array(SUBJECT, np.uint8), np.uint8(0)).astype(np.uint8)
            writer.write(Image(rgb, disc(index)))
        writer.close()
        frames = decoded(tmp_path / name, "rgba", "-c:v", "libvpx-vp9").astype(float)
        edges = np.stack([disc(index) for index in range(4)])
        weight = edges * (edges < 1)
        return float((np.abs(frames[..., :3] - SUBJECT).mean(-1) * weight).sum() / weight.sum())

    ours = error("ours.mkv")
    monkeypatch.setattr("matteo.video.writer.bled", lambda rgb, alpha: rgb)
    assert ours < error("zeros.mkv") / 2
