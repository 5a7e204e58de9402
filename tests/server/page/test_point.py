"""Pointing: a word to keep or to erase, the network does the rest; undo; what was painted stays."""

from __future__ import annotations

import numpy as np
import pytest

from .visitor import Visitor, decoded


def pointed(visitor: Visitor, what: str, at: tuple[int, int]) -> Visitor:
    visitor.choose("brush", what).choose("touch", "point").paint(at, (at[0] + 2, at[1]))
    visitor.page.wait_for_selector("#stage:not(.asking)")
    return visitor


def alpha_of(visitor: Visitor) -> np.ndarray:
    return decoded(visitor.saved("png"))[..., 3].astype(int)


def test_a_word_to_erase_takes_away_and_adds_nothing_and_undo_brings_it_back(
    visitor: Visitor, astronaut: bytes
) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    before = alpha_of(visitor)
    pointed(visitor.tab("brush"), "erase", (200, 220))  # the helmet
    after = alpha_of(visitor)
    assert before[220, 200] > 200
    assert after[220, 200] < 60
    assert after[220:240, 170:220].mean() < 0.3 * before[220:240, 170:220].mean()
    assert (after <= before + 1).all()
    assert np.array_equal(after[:90], before[:90])
    visitor.page.click("#undo")
    assert np.array_equal(alpha_of(visitor), before)


def test_the_request_says_what_was_meant_and_shows_what_there_is(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.page.evaluate("""() => {
        const ask = window.fetch;
        window.sent = [];
        window.fetch = (path, options) => {
            if (options?.body instanceof FormData)
                window.sent.push(Object.fromEntries([...options.body].filter(([, v]) => typeof v === "string")));
            return ask(path, options);
        };
    }""")
    pointed(visitor.tab("brush"), "keep", (128, 64))
    pointed(visitor, "erase", (10, 10))
    first, second = visitor.page.evaluate("window.sent")
    x, y = first["keep"].split(",")[:2]
    assert float(x.rstrip("%")) == pytest.approx(50, abs=1)
    assert float(y.rstrip("%")) == pytest.approx(25, abs=1)
    assert "drop" not in first
    assert "drop" in second
    assert visitor.page.input_value("input[name=touch]:checked") == "point"
    assert not visitor.page.is_visible("#brush-size")


def test_only_what_hangs_together_with_the_word_is_taken_over(visitor: Visitor) -> None:
    """Two squares grow and one goes; the word lies on one of those that grow, which has a gap of a pixel in it."""
    result = visitor.page.evaluate("""async () => {
        const { takenOver } = await import("./js/point.js");
        const [width, height] = [100, 60];
        const bytes = (squares) => {
            const out = new Uint8ClampedArray(4 * width * height);
            for (const [left, top, side] of squares)
                for (let y = top; y < top + side; y++)
                    for (let x = left; x < left + side; x++) if (x !== 14) out[4 * (y * width + x) + 3] = 200;
            return out;
        };
        const run = (keep) => {
            const [old, found] = [bytes([[70, 40, 10]]), bytes([[10, 10, 10], [60, 10, 10]])];
            const box = takenOver(old, found, width, height, { keep, path: [keep ? [0.11, 0.2] : [0.75, 0.75]] });
            const alpha = (x, y) => found[4 * (y * width + x) + 3];
            return [box, alpha(12, 15), alpha(18, 15), alpha(65, 15), alpha(75, 45)];
        };
        const far = takenOver(bytes([]), bytes([[60, 10, 10]]), width, height, { keep: true, path: [[0.1, 0.9]] });
        return [run(true), run(false), far];
    }""")
    kept, dropped, far = result
    assert kept == [{"x": 10, "y": 10, "width": 10, "height": 10}, 200, 200, 0, 200]
    assert dropped == [{"x": 70, "y": 40, "width": 10, "height": 10}, 0, 0, 0, 0]
    assert far is None


def test_words_are_shares_of_the_picture_and_those_that_a_later_one_denies_are_left_out(visitor: Visitor) -> None:
    result = visitor.page.evaluate("""async () => {
        const { holding, markOf, written } = await import("./js/point.js");
        const mark = (keep, x, y) => ({ keep, path: [[x, y]] });
        const steps = [
            { mark: mark(false, 0.5, 0.5) }, { mark: mark(true, 0.1, 0.1) }, { mark: mark(true, 0.8, 0.8) },
            { x: 75, y: 75, before: { width: 10, height: 10 } },
        ];
        const path = Array.from({ length: 100 }, (_, i) => [i, i]);
        return [
            holding(steps, mark(true, 0.52, 0.5), 100, 100).map(written),
            holding(steps, mark(true, 0.9, 0.1), 100, 100).map(written),
            written(markOf({ keep: true, path: [[50, 25]] }, 200, 100)),
            markOf({ keep: true, path: [[-5, 20], [300, 5]] }, 200, 100),
            markOf({ keep: true, path }, 100, 100).path.length,
        ];
    }""")
    assert result[0] == ["10.00%,10.00%"]  # erased there before, and painted over
    assert result[1] == ["50.00%,50.00%", "10.00%,10.00%"]
    assert result[2] == "25.00%,25.00%"
    assert result[3] is None
    assert 9 <= result[4] <= 12


def test_what_was_painted_before_stays_when_a_word_is_said_elsewhere(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush").page.uncheck("#follow", force=True)
    visitor.choose("brush", "erase").paint((120, 225), (140, 225))
    before = alpha_of(visitor)
    assert (before[220:230, 122:138] == 0).all()
    pointed(visitor, "keep", (20, 20))
    assert (alpha_of(visitor)[220:230, 122:138] == 0).all()


def test_a_picture_that_is_asked_about_is_locked_and_another_is_not(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("a.png", astronaut), ("b.png", astronaut)).has(2)
    told = visitor.page.evaluate("""async () => {
        const { brush } = await import("./js/brush.js");
        const { desk } = await import("./js/desk.js");
        const { select } = await import("./js/work.js");
        const [a, b] = desk.items;
        await select(a);
        desk.set(a, { asking: true });
        const told = [brush.able, document.getElementById("stage").classList.contains("asking")];
        await select(b);
        told.push(brush.able, document.getElementById("stage").classList.contains("asking"));
        await select(a);
        desk.set(a, { asking: false });
        return [...told, brush.able];
    }""")
    assert told == [False, True, True, False, True]


def test_what_stays_on_the_device_is_not_sent_for_pointing(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush").choose("touch", "point")
    told = visitor.page.evaluate("""async () => {
        const { brush } = await import("./js/brush.js");
        const { desk } = await import("./js/desk.js");
        const before = brush.pointing;
        desk.set(desk.current, { by: "device" });
        return [before, brush.pointing];
    }""")
    assert told == [True, False]
    visitor.asked.clear()
    visitor.paint((110, 200), (112, 200))
    assert not [url for method, url in visitor.asked if method == "POST"]
