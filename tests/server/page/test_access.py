"""For everybody: keyboard, screen reader, small screens, light and dark, and no other host."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from matteo.server.page_runtime import packed
from tests.server.running import Running

from .visitor import Visitor, decoded

AXE = (
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core of npm, by version and hash, kept between runs."""
    kept = Path(str(request.config.cache.mkdir("axe"))) / f"{AXE[1]}.js"
    if not kept.exists():
        with tarfile.open(packed(*AXE, tmp_path_factory.mktemp("axe"))) as tar:
            member = tar.extractfile("package/axe.min.js")
            assert member is not None
            kept.write_bytes(member.read())
    return kept.read_text(encoding="utf-8")


def faults(visitor: Visitor, axe: str) -> list[str]:
    """What axe finds that is serious, with where."""
    visitor.page.evaluate(axe)
    found = visitor.page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    visit: Callable[..., Visitor], server: Running, astronaut: bytes, axe: str, scheme: str
) -> None:
    size = {"light": (1280, 800), "dark": (390, 844)}[scheme]
    visitor = visit(server, color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    assert faults(visitor, axe) == []
    visitor.give(("astronaut.png", astronaut), ("letter.txt", b"no picture")).has()
    for tab in ("background", "brush", "frame", "preset"):
        visitor.tab(tab)
        if tab == "background":
            visitor.choose("background", "colour")
        if tab == "preset":
            visitor.shown('input[name="preset"]')
        assert faults(visitor, axe) == [], tab
    visitor.give(("broken.png", astronaut[:100]))
    visitor.page.click(".thumb >> nth=1")
    visitor.shown(".card.bad")
    assert faults(visitor, axe) == []


@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_has_all_of_it(visit: Callable[..., Visitor], server: Running, astronaut: bytes, width: int) -> None:
    visitor = visit(server, viewport={"width": width, "height": 740}, is_mobile=True, has_touch=True, locale="de-DE")
    fits = """document.documentElement.scrollWidth <= innerWidth
        && [...document.querySelectorAll("button, select, input[type=range], output, h1, p")]
            .filter((one) => one.checkVisibility() && !one.closest(".unseen, #strip, .skip"))
            .every((one) => one.getBoundingClientRect().right <= innerWidth)"""
    assert visitor.page.evaluate(fits)
    visitor.give(("astronaut.png", astronaut)).has()
    for tab in ("background", "brush", "frame", "preset"):
        visitor.page.tap(f"#tab-{tab}")
        assert visitor.page.evaluate(fits), tab
        button, stage = visitor.page.locator("#download").bounding_box(), visitor.page.locator("#stage").bounding_box()
        assert button is not None
        assert stage is not None
        assert button["y"] + button["height"] <= 740
        assert stage["height"] >= 230
    small = visitor.page.evaluate("""() => [...document.querySelectorAll("button, select, input[type=range]")]
        .filter(one => one.checkVisibility() && !one.closest(".remove"))
        .map(one => [one.id || one.className, one.getBoundingClientRect()])
        .filter(([, box]) => Math.min(box.width, box.height) < 24).map(([name]) => name)""")
    assert small == []


def test_touch_paints_and_two_fingers_zoom(visit: Callable[..., Visitor], server: Running, astronaut: bytes) -> None:
    visitor = visit(server, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush").page.uncheck("#follow", force=True)
    touch = visitor.context.new_cdp_session(visitor.page)

    def fingers(kind: str, *points_xy: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points_xy)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", visitor.at(110, 200))
    for x in range(115, 150, 5):
        fingers("touchMove", visitor.at(x, 200))
    fingers("touchEnd")
    assert (decoded(visitor.saved("png"))[198:203, 112:144, 3] == 0).all()
    before = visitor.text("#zoom")
    middle, y = visitor.at(128, 128)
    fingers("touchStart", (middle - 20, y), (middle + 20, y))
    for apart in range(25, 90, 8):
        fingers("touchMove", (middle - apart, y), (middle + apart, y))
    fingers("touchEnd")
    visitor.page.wait_for_timeout(100)
    assert int(visitor.text("#zoom").split()[0]) > 2 * int(before.split()[0])
    assert visitor.page.is_enabled("#undo")
    visitor.page.click("#undo")
    assert visitor.page.is_disabled("#undo")  # two fingers painted nothing


def test_by_keyboard_alone(visit: Callable[..., Visitor], server: Running) -> None:
    """From the example to a stroke of the brush, without a mouse."""
    visitor = visit(server)
    keys = visitor.page.keyboard
    for _ in range(12):
        keys.press("Tab")
        if visitor.page.evaluate("document.activeElement.dataset.act") == "example":
            break
    keys.press("Enter")
    visitor.has()
    visitor.page.focus("#tab-background")
    keys.press("ArrowRight")
    assert visitor.page.get_attribute("#tab-brush", "aria-selected") == "true"
    visitor.page.focus("#view")
    for _ in range(3):
        keys.press("ArrowDown")
    keys.press("Enter")
    assert visitor.page.is_enabled("#undo")
    keys.press("x")
    assert visitor.page.is_checked('input[name="brush"][value="keep"]')
    keys.press("?")
    assert visitor.shown("#help").is_visible()
    keys.press("Escape")
    assert not visitor.page.is_visible("#help")


def test_what_happens_is_said_aloud(visitor: Visitor, astronaut: bytes) -> None:
    """The live regions speak of what came, of what is done, and of what failed."""
    visitor.page.evaluate("""() => {
        window.said = [];
        const watch = new MutationObserver(() => window.said.push(document.getElementById("live").textContent));
        watch.observe(document.getElementById("live"), { childList: true });
    }""")
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("brush").paint((120, 190), (140, 190))
    visitor.page.wait_for_timeout(100)
    said = visitor.page.evaluate("window.said")
    assert "astronaut.png is ready" in said
    assert "Erased" in said
    assert visitor.page.get_attribute("#view", "aria-label") == "astronaut.png, without its background"
    assert visitor.page.get_attribute(".thumb", "aria-label") == "astronaut.png: done, worth a look"


def test_dark_is_the_systems_until_chosen(visit: Callable[..., Visitor], server: Running) -> None:
    visitor = visit(server, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert visitor.page.evaluate(ground) == "rgb(21, 21, 20)"
    visitor.page.click("#theme")
    assert visitor.page.evaluate(ground) == "rgb(247, 246, 243)"
    visitor.page.reload()
    visitor.page.wait_for_selector("html[data-ready=yes]")
    assert visitor.page.evaluate(ground) == "rgb(247, 246, 243)"


def test_german_has_no_english_left(visit: Callable[..., Visitor], server: Running, astronaut: bytes) -> None:
    visitor = visit(server, locale="de-AT")
    assert visitor.page.get_attribute("html", "lang") == "de"
    visitor.give(("astronaut.png", astronaut)).has()
    assert visitor.text("#download") == "Herunterladen"
    visitor.page.select_option("#language", "en")
    visitor.page.get_by_text("Touch up").first.wait_for()
    assert visitor.text("#download") == "Download"
    assert "\u27e6" not in visitor.page.content()  # a key without a text


def test_no_other_host_is_asked(visitor: Visitor, server: Running, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.choose("background", "blur")
    visitor.saved("png")
    hosts = {url.split("/")[2] for _, url in visitor.asked if url.startswith("http")}
    assert hosts == {server.url.split("/")[2]}
    blocked = visitor.page.evaluate("fetch('https://example.org/').then(() => 'answered', () => 'blocked')")
    assert blocked == "blocked"
    assert any("Content Security Policy" in text for text in visitor.wrong)
    visitor.wrong.clear()
