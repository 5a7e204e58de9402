"""The brush: it keeps and erases, follows edges, takes back, and what it did is in the file."""

from __future__ import annotations

import numpy as np

from tests.server.sources import encoded

from .visitor import Visitor, decoded


def test_what_is_erased_is_gone_from_the_file_and_nothing_else(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    before = decoded(visitor.saved("png"))[..., 3].astype(int)
    visitor.tab("brush").page.uncheck("#follow", force=True)
    visitor.paint((110, 200), (150, 200))
    after = decoded(visitor.saved("png"))[..., 3].astype(int)
    assert before[195:205, 110:150].min() > 100
    assert (after[195:205, 110:150] == 0).all()
    far = np.ones_like(before, bool)
    far[150:250, 60:200] = False
    assert np.array_equal(after[far], before[far])


def test_what_is_kept_has_the_pictures_own_colours(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush").choose("brush", "keep").page.uncheck("#follow", force=True)
    visitor.paint((215, 30), (235, 30))
    file = decoded(visitor.saved("png"))
    assert (file[26:34, 216:234, 3] == 255).all()
    assert np.array_equal(file[26:34, 216:234, :3], decoded(astronaut)[26:34, 216:234])


def test_undo_and_redo(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    whole = decoded(visitor.saved("png"))
    visitor.tab("brush").paint((120, 190), (140, 190)).paint((130, 230), (140, 230))
    page = visitor.page
    twice = decoded(visitor.saved("png"))
    page.click("#undo")
    page.keyboard.press("Control+z")
    assert page.is_disabled("#undo")
    assert np.array_equal(decoded(visitor.saved("png")), whole)
    page.keyboard.press("Control+Shift+Z")
    page.click("#redo")
    assert page.is_disabled("#redo")
    assert np.array_equal(decoded(visitor.saved("png")), twice)
    assert not np.array_equal(twice, whole)


def test_a_stroke_keeps_to_its_side_of_an_edge(visitor: Visitor) -> None:
    """Two halves of noisy colour: the stroke runs along one of them and overlaps the other by a third of its width."""
    weight = visitor.page.evaluate("""async () => {
        const { snapped } = await import("./js/edge.js");
        const [width, height, radius] = [120, 80, 24];
        const rgba = new Uint8ClampedArray(4 * width * height);
        const distance = new Float32Array(width * height);
        let seed = 1;
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
            seed = (seed * 16807) % 2147483647;
            const level = (y < 48 ? 90 : 150) + (seed % 9) - 4;
            rgba.set([level, level, level, 255], 4 * (y * width + x));
            distance[y * width + x] = Math.hypot(Math.max(0, 30 - x, x - 90), y + 0.5 - 32);
        }
        return Array.from(snapped(rgba, distance, width, height, radius));
    }""")
    alpha = np.reshape(weight, (80, 120))
    assert alpha[12:46, 30:90].min() > 0.9  # up to two pixels from the edge
    assert alpha[51:].max() < 0.05
    assert alpha[:6].max() == 0  # never beyond the brush


def test_strokes_outlast_a_look_at_another_picture(visitor: Visitor, astronaut: bytes) -> None:
    other = encoded(np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8), "PNG")
    visitor.give(("astronaut.png", astronaut), *((f"{n}.png", other) for n in range(5))).has(6)
    visitor.tab("brush").paint((120, 190), (140, 190))
    edited = decoded(visitor.saved("png"))
    thumbs = visitor.page.locator(".thumb")
    for n in (1, 2, 3, 4, 5, 0):
        thumbs.nth(n).click()
        visitor.shown(f"li:nth-child({n + 1}) .thumb[aria-current=true]")
        visitor.page.wait_for_selector("#panel:not([inert])")
        visitor.page.wait_for_timeout(150)
    assert np.array_equal(decoded(visitor.saved("png")), edited)
