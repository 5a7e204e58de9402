"""What happens when several things are under way: pictures put away and shown again, strokes, films, the switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.server import page_runtime
from tests.server.running import Running
from tests.server.sources import encoded
from tests.video.clips import make_film

from .visitor import Visitor, decoded

SHOW = """async (n) => {
    const { select } = await import("./js/work.js");
    const { desk } = await import("./js/desk.js");
    await select(desk.items[n]);
}"""


@pytest.fixture(scope="session")
def runtime() -> Path:
    return page_runtime.fetch()


def others(astronaut: bytes, count: int) -> list[tuple[str, bytes]]:
    """More pictures of the same person, each mirrored and a row shorter than the last."""
    rgb = decoded(astronaut)
    return [(f"more-{n}.png", encoded(np.ascontiguousarray(rgb[: -n - 1, ::-1]), "PNG")) for n in range(count)]


def test_what_was_taken_back_stays_so_though_the_picture_was_put_away(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut), *others(astronaut, 5)).has(6)
    page = visitor.page
    whole = decoded(visitor.saved("png"))

    def away_and_back() -> None:
        for n in (1, 2, 3, 4, 5, 0):
            page.evaluate(SHOW, n)

    visitor.tab("brush").paint((120, 190), (140, 190))
    painted = decoded(visitor.saved("png"))
    assert not np.array_equal(painted, whole)
    away_and_back()
    assert np.array_equal(decoded(visitor.saved("png"))[..., 3], painted[..., 3])
    page.click("#undo")
    away_and_back()
    assert np.array_equal(decoded(visitor.saved("png"))[..., 3], whole[..., 3])


def test_steps_that_cannot_be_undone_any_more_are_in_the_file_still(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    whole = decoded(visitor.saved("png"))
    steps = visitor.page.evaluate(
        """async () => {
            const { History } = await import("./js/history.js");
            const { desk } = await import("./js/desk.js");
            const history = new History();
            const step = { x: 0, y: 0, before: { data: { length: 5e7 } }, after: null };
            for (let n = 0; n < 3; n++) history.add(step);
            desk.current.history = history;
            return [history.forgotten, history.canUndo];
        }"""
    )
    assert steps == [True, True]
    visitor.page.evaluate(
        "async () => { (await import('./js/desk.js')).desk.current.history = "
        "Object.assign(new (await import('./js/history.js')).History(), { forgotten: true }); }"
    )
    visitor.tab("brush").paint((120, 190), (140, 190))
    painted = decoded(visitor.saved("png"))
    visitor.page.click("#undo")  # and an older step is left, which nobody can take back
    assert visitor.page.evaluate("async () => (await import('./js/desk.js')).desk.current.edited") is True
    assert np.array_equal(decoded(visitor.saved("png"))[..., 3], whole[..., 3])
    assert not np.array_equal(painted, whole)


def test_no_stroke_is_begun_where_there_is_nothing_to_paint_on(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush")
    page = visitor.page
    page.evaluate("async () => { (await import('./js/desk.js')).desk.current.pixels.cutout = null; }")
    visitor.paint((120, 190), (140, 190))
    page.focus("#view")
    page.keyboard.press("Enter")
    assert page.evaluate("async () => (await import('./js/stage.js')).stage.stroke") is None


def test_a_stroke_ends_with_its_picture(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut), *others(astronaut, 1)).has(2)
    visitor.tab("brush")
    page = visitor.page
    before = decoded(visitor.saved("png"))
    page.mouse.move(*visitor.at(120, 190))
    page.mouse.down()
    page.keyboard.press("n")
    page.mouse.move(*visitor.at(60, 60), steps=4)
    page.mouse.up()
    page.evaluate(SHOW, 0)
    assert np.array_equal(decoded(visitor.saved("png")), before)
    assert page.evaluate("async () => (await import('./js/desk.js')).desk.items.some((item) => item.edited)") is False


def test_once_pictures_are_to_stay_here_none_is_sent_for_its_file(
    visit: Callable[..., Visitor], server: Running, astronaut: bytes, runtime: Path
) -> None:
    visitor = visit(server)
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.page.check("#local", force=True)
    visitor.asked.clear()
    visitor.choose("background", "colour")
    assert decoded(visitor.saved("png")).shape[:2] == (256, 256)
    assert not [url for method, url in visitor.asked if method == "POST"]


def test_a_worker_that_could_not_be_loaded_is_loaded_anew(
    visit: Callable[..., Visitor], server: Running, astronaut: bytes, runtime: Path
) -> None:
    visitor = visit(server)
    visitor.page.check("#local", force=True)
    visitor.page.route("**/worker.js", lambda route: route.abort())
    visitor.give(("astronaut.png", astronaut))
    again = visitor.shown("button:has-text('Try again')")
    visitor.page.unroute("**/worker.js")
    again.click()
    visitor.has()


def test_another_pictures_news_leave_what_is_open_alone(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("broken.png", astronaut[:200]), ("astronaut.png", astronaut))
    visitor.shown("#card p")
    page = visitor.page
    page.locator(".thumb").nth(1).wait_for()
    page.evaluate("() => { document.querySelector('#card h2').dataset.mine = 'yes'; }")
    page.locator(".thumb").nth(1).focus()
    page.keyboard.press("Tab")
    told = """async () => {
        const { desk } = await import("./js/desk.js");
        desk.set(desk.items[1], { progress: 0.5 });
        desk.set(desk.items[1], { state: "working" });
        return [document.querySelector("#card h2").dataset.mine, document.activeElement.className];
    }"""
    assert page.evaluate(told) == ["yes", "remove"]


def test_a_film_whose_line_broke_is_followed_and_not_made_again(visitor: Visitor, tmp_path: Path) -> None:
    clip = make_film(tmp_path / "talk.mp4", frames=6)

    def broken(route: Any) -> None:
        route.abort()

    visitor.page.route("**/events", broken)
    visitor.give(("talk.mp4", clip.read_bytes()))
    again = visitor.shown("button:has-text('Try again')")
    visitor.page.unroute("**/events", broken)
    again.click()
    visitor.shown("#card button:has-text('Download the film')")
    assert len([url for method, url in visitor.asked if method == "POST"]) == 1
