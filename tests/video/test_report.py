"""The report of a film: what it counts, that it does not grow, and that it asks nothing of any network."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo import OutputError
from matteo.video.report import clock, page, summary, write_report
from matteo.video.steady import Seen, unsteady
from matteo.video.step import Memory
from matteo.video.timeline import MOST_DOUBTS, MOST_STRETCHES, Timeline, doubt_of, facts_of


def memory(confidence: float, *, flicker: float | None = 0.01, cut: bool = False) -> Memory:
    alpha = np.zeros((32, 32), np.float32)
    alpha[8:24, 8:24] = 1
    rgb = np.full((32, 32, 3), 120, np.uint8)
    return Memory(np.zeros((180, 320), np.float32), rgb, unsteady(Seen(alpha)), confidence, flicker, cut=cut)


def timeline(confidences: list[float], step_s: float = 0.5, cuts: tuple[int, ...] = (0,)) -> Timeline:
    made = Timeline()
    for number, confidence in enumerate(confidences):
        now = memory(confidence, cut=number in cuts)
        made.add(facts_of(number * step_s, now), now)
    return made


def test_facts_are_the_frames_own() -> None:
    facts = facts_of(2.5, memory(0.9))
    assert facts == {"time_s": 2.5, "confidence": 0.9, "area": 0.25, "flicker": 0.01, "cut": False}
    assert facts_of(0, memory(0.9, cut=True))["flicker"] is None
    assert facts_of(0, replace(memory(0.9), since=1))["flicker"] is None  # the network did not look


def test_doubt_grows_as_confidence_falls_and_as_it_flickers() -> None:
    scores = [doubt_of(facts_of(0, memory(confidence))) for confidence in (0.95, 0.71, 0.5, 0.1)]
    assert scores[:2] == [0, 0]
    assert 0 < scores[2] < scores[3]
    assert doubt_of(facts_of(0, memory(0.95, flicker=0.5))) > 0


def test_stretches_keep_the_lowest_confidence_and_count_every_frame() -> None:
    made = timeline([0.9, 0.4, 0.8, 0.95, 0.3, 0.99], cuts=(0, 4))
    assert [stretch.lowest for stretch in made.stretches] == [0.4, 0.8, 0.3]
    assert made.frames == 6
    assert made.cuts == 1
    assert made.stretches[0].area == pytest.approx(0.25)
    assert "6 frames, 1 scene cut. Of 3 stretches of 1 s, 2 with" in summary(made)


def test_a_long_film_takes_no_more_memory() -> None:
    made = Timeline()
    rng = np.random.default_rng(0)
    for number in range(30_000):
        made.add(facts_of(number * 0.2, memory(0.9)))
    for number in range(30_000, 30_400):
        now = memory(float(rng.random()))
        made.add(facts_of(number * 0.2, now), now)
    assert made.frames == 30_400
    assert MOST_STRETCHES / 2 <= len(made.stretches) <= MOST_STRETCHES
    assert len(made.doubts) == MOST_DOUBTS


def test_the_worst_are_kept_and_not_twice_the_same_second() -> None:
    made = timeline([0.6, 0.5, 0.2, 0.55, 0.9, 0.9, 0.9, 0.9, 0.65, 0.9])
    assert sorted(doubt.time_s for doubt in made.doubts) == [1.0, 4.0]
    assert made.doubts[-1].time_s == 1.0


def test_the_page_is_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, timeline([0.9, 0.3, 0.9, 0.9], cuts=(0, 2)), "<b>talk</b>.mp4")
    text = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;talk" in text
    assert "<b>talk" not in text
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import|<script", text)
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]
    open_tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "img", "line", "polyline", "circle"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("line", "polyline", "circle"):
                assert open_tags.pop() == tag

    Reader().feed(text)
    assert not open_tags


def test_thumbnails_have_the_frames_shape() -> None:
    found = re.findall(r"data:image/webp;base64,([^\"]+)", page(timeline([0.3]), "talk"))
    with PilImage.open(io.BytesIO(base64.b64decode(found[0]))) as picture:
        assert picture.size == (2 * 240, 135)


def test_a_film_without_frames_or_doubt_is_told_in_words() -> None:
    assert "No frame was cut" in page(Timeline(), "talk")
    assert "None: no frame fell" in page(timeline([0.9]), "talk")


def test_where_it_cannot_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(OutputError, match="another place"):
        write_report(tmp_path / "taken", timeline([0.9]), "talk")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["taken"]
    with pytest.raises(OutputError):
        write_report(tmp_path / "nowhere" / "report.html", timeline([0.9]), "talk")


def test_time_is_read_as_a_clock() -> None:
    assert [clock(time_s) for time_s in (0, 59.96, 61.25, 3723.4)] == ["0:00.0", "1:00.0", "1:01.2", "1:02:03.4"]
