"""The report: what its files say, and that the page stands alone."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.learning.evaluation.compare import compare
from matteo.learning.evaluation.contestants import contestants
from matteo.learning.evaluation.facts import as_csv, as_json
from matteo.learning.evaluation.page import page
from matteo.learning.evaluation.plots import precision_recall, reliability_diagram
from matteo.learning.evaluation.report import files
from matteo.learning.evaluation.run import Settings
from matteo.learning.evaluation.sheet import CELL, EXTRA, GAP, MISSED, Worst, errors_shown, sheet, thumbnail
from matteo.learning.evaluation.summary import SetSummary
from tests.learning.evaluation.made import BACKWARDS, trial_of, write_set

HOW = {"matteo": "1.2.3", "date": "2026-01-02T03:04:05+00:00", "seed": 0}
MODELS = contestants(["matteo"], [256, 320])
LABELS = [model.label for model in MODELS]


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> SetSummary:
    folder = write_set(tmp_path_factory.mktemp("sets") / "shop")
    (found,) = compare(MODELS, [trial_of(folder)], Settings(threads=1, resamples=100))
    return found


def test_the_json_holds_the_scores_and_is_json(summary: SetSummary) -> None:
    found = json.loads(json.dumps(as_json(MODELS, [summary], HOW), allow_nan=False))
    assert [model["side"] for model in found["models"]] == [256, 320]
    (shop,) = found["sets"]
    assert (shop["set"], shop["pictures"], shop["worst"][0]) == ("shop", 4, BACKWARDS)
    first, second = shop["models"]
    assert second["scores"]["iou"]["value"] == 0.75
    assert second["differences"]["iou"]["value"] == pytest.approx(0.75 - first["scores"]["iou"]["value"])
    assert first["differences"] == {}
    assert len(first["precision"]) == len(first["recall"]) == 256


def test_the_csv_has_a_line_for_each_picture_and_network(summary: SetSummary) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv([summary]))))
    assert len(lines) == 4 * 2
    by_key = {(line["model"], line["key"]): line for line in lines}
    assert by_key["matteo 320", BACKWARDS]["iou"] == "0"
    assert by_key["matteo 320", "coffee"]["iou"] == "1"
    assert by_key["matteo 320", "coffee"]["sad"] == ""
    assert (lines[0]["width"], lines[0]["height"]) == ("171", "171")


def test_the_page_asks_nothing_of_the_network(summary: SetSummary) -> None:
    html = files(MODELS, [summary], as_json(MODELS, [summary], HOW), HOW)["report.html"].decode()
    assert "default-src 'none'" in html
    assert not re.findall(r'(?:src|href)="(?!data:)|url\(|@import|<script|<link', html)
    assert html.count("data:image/webp;base64,") == 1
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_page_says_what_was_found(summary: SetSummary) -> None:
    html = page(MODELS, [summary], {}, HOW)
    assert "matteo 256 and matteo 320 on shop" in html
    assert "0.7500" in html
    assert "1 of 4 under IoU 0.8" in html
    for measure in summary.measures:
        assert escape(measure.what) in html


def test_names_from_files_cannot_change_the_page(summary: SetSummary) -> None:
    evil = "<script>alert(1)</script>"
    trial = replace(summary.trial, sets=(evil,))
    html = page(MODELS, [replace(summary, trial=trial, skipped={evil: 'a "quoted" <b>reason</b>'})], {}, HOW)
    assert evil not in html
    assert "<b>" not in html
    assert html.count("&lt;script&gt;") >= 3


def test_the_plots_are_sound_svg_inside_their_frames(summary: SetSummary) -> None:
    for text in (precision_recall(summary.standings), reliability_diagram(summary.standings)):
        svg = ElementTree.fromstring(text)
        width, height = map(float, svg.attrib["viewBox"].split()[2:])
        lines = svg.findall("polyline")
        assert len(lines) == 2
        for line in lines:
            points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    (dot, *_) = ElementTree.fromstring(precision_recall(summary.standings)).findall("circle")
    assert "0.5" in (dot.findtext("title") or "")


def test_colours_say_what_is_missed_and_what_is_too_much() -> None:
    grey = np.full((1, 4, 3), 200, np.uint8)
    true = np.array([[0, 255, 255, 0]], np.uint8)
    alpha = np.array([[0, 255, 0, 255]], np.uint8)
    nothing, both, missed, extra = errors_shown(grey, true, alpha)[0].astype(int)
    assert tuple(both) == (200, 200, 200)
    assert tuple(nothing) == (50, 50, 50)
    assert np.argmax(missed) == np.argmax(MISSED) == 2
    assert np.argmax(extra) == np.argmax(EXTRA) == 0


def test_the_sheet_has_a_row_for_each_picture(summary: SetSummary) -> None:
    made = sheet(summary.worst, LABELS)
    assert made.width == 4 * (CELL + GAP) + GAP
    assert made.height > sum(example.rgb.shape[0] for example in summary.worst)
    several = files(MODELS, [summary, summary], {}, HOW)
    assert {"worst-1-shop.png", "worst-2-shop.png"} < set(several)
    with PilImage.open(io.BytesIO(several["worst-1-shop.png"])) as picture:
        assert picture.size == made.size
        assert (np.asarray(picture) == np.asarray(made)).all()


def test_a_very_long_name_stays_in_its_column(summary: SetSummary) -> None:
    long = replace(summary.worst[0], key="folder/" * 60 + "picture")
    made, short = sheet([long], LABELS), sheet([replace(long, key="picture")], LABELS)
    second = slice(GAP + CELL + GAP, None)
    assert (np.asarray(made)[:, second] == np.asarray(short)[:, second]).all()
    assert (np.asarray(made) != np.asarray(short)).any()


def test_the_worst_are_kept_in_order(summary: SetSummary) -> None:
    worst = Worst([], 3)
    examples = {score: replace(summary.worst[0], key=str(score)) for score in (0.5, 0.1, 0.9, 0.3, 0.1001, 0.7)}
    for score, example in examples.items():
        if worst.takes(score):
            worst.add(score, example)
    assert [example.key for example in worst.kept] == ["0.1", "0.1001", "0.3"]
    assert not worst.takes(0.3)


def test_thumbnails_keep_the_shape() -> None:
    assert thumbnail(np.zeros((1000, 500, 3), np.uint8)).shape == (CELL, CELL // 2, 3)
    assert thumbnail(np.zeros((1, 5000), np.uint8)).shape == (1, CELL)
    assert thumbnail(np.zeros((20, 30), np.uint8)).shape == (20, 30)


def test_the_style_is_part_of_the_package() -> None:
    import matteo.learning.evaluation.page as module

    assert module.STYLE.parent == Path(module.__file__).parent
    assert module.STYLE.is_file()
