"""Backgrounds, crop, shadow, presets: what the stage shows is what the file holds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.effects.preset import names
from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .test_cutting import library
from .visitor import Visitor, decoded


def shown(visitor: Visitor) -> NDArray[np.uint8]:
    """The stage's own picture of the result, at the result's size."""
    size, data = visitor.page.evaluate("""async () => {
        const [{ stage }, { desk, look }] = [await import("./js/stage.js"), await import("./js/desk.js")];
        const made = stage.scene.rendered(desk.current, look);
        const { data } = made.getContext("2d").getImageData(0, 0, made.width, made.height);
        return [[made.height, made.width], Array.from(data)];
    }""")
    return np.reshape(np.array(data, np.uint8), (*size, 4))


def apart(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The mean difference in levels of 255, as seen on white."""
    assert a.shape[:2] == b.shape[:2]

    def on_white(x: NDArray[np.uint8]) -> NDArray[np.float64]:
        alpha = x[..., 3:] / 255 if x.shape[2] == 4 else 1.0
        return np.asarray(x[..., :3] * alpha + 255 * (1 - alpha))

    return float(np.abs(on_white(a) - on_white(b)).mean())


def test_a_colour(visitor: Visitor, server: Running, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.choose("background", "colour").choose("colour", "#bcd7ee")
    file = decoded(visitor.saved("png"))
    assert np.array_equal(file, decoded(library(server, astronaut, background="#bcd7ee")))
    assert file[5, 250, :3].tolist() == [0xBC, 0xD7, 0xEE]
    assert apart(shown(visitor), file) < 1


def test_a_picture_of_ones_own(visitor: Visitor, astronaut: bytes) -> None:
    behind = np.zeros((64, 64, 3), np.uint8)
    behind[:, :32], behind[:, 32:] = (200, 30, 30), (30, 30, 200)
    visitor.give(("astronaut.png", astronaut)).has()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.choose_without_check("background", "picture")
    chooser.value.set_files({"name": "flag.png", "mimeType": "image/png", "buffer": encoded(behind, "PNG")})
    visitor.shown("text=flag.png")
    file = decoded(visitor.saved("png"))
    assert file[5, 100, :3].tolist() == [200, 30, 30]
    assert file[5, 250, :3].tolist() == [30, 30, 200]
    assert apart(shown(visitor), file) < 2


def test_blur_is_shown_live_near_to_the_files(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.choose("background", "blur")
    live, file = shown(visitor), decoded(visitor.saved("png"))
    assert apart(live, file) < 4
    assert apart(live, decoded(astronaut)) > 1.5 * apart(live, file)


@pytest.mark.parametrize("shadow", ["contact", "drop"])
def test_crop_and_shadow(visitor: Visitor, server: Running, shadow: str) -> None:
    """The frame is the server's to the pixel, and the shadow falls where the file's does."""
    coffee = encoded(photograph("coffee")[::3, ::3], "PNG")
    visitor.give(("coffee.png", coffee)).has()
    visitor.tab("frame").page.check("#crop", force=True)
    visitor.choose("shadow", shadow)
    live, file = shown(visitor), decoded(visitor.saved("png"))
    assert np.array_equal(file, decoded(library(server, coffee, margin="10%", shadow=shadow)))
    assert apart(live, file) < 4
    without = decoded(library(server, coffee, margin="10%"))
    assert apart(live, file) < 0.6 * apart(without, file)


def test_a_preset_is_shown_as_the_server_makes_it(visitor: Visitor, server: Running, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.tab("preset")
    visitor.shown('input[name="preset"]')
    offered = visitor.page.locator('input[name="preset"]').evaluate_all("all => all.map(one => one.value)")
    assert offered == ["", *names()]
    visitor.choose("preset", "avatar")
    visitor.page.wait_for_selector("#slider", state="hidden")
    assert visitor.page.evaluate("""async () => {
        const { finished } = (await import("./js/stage.js")).stage;
        return [finished.width, finished.height];
    }""") == [512, 512]
    assert np.array_equal(decoded(visitor.saved("png")), decoded(library(server, astronaut, preset="avatar")))


def test_zoom_shows_real_pixels(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.page.click("[data-zoom=actual]")
    visitor.page.get_by_text("100 %", exact=True).wait_for()  # drawn with the next frame
    (left, top), (right, bottom) = visitor.at(0, 0), visitor.at(256, 256)
    assert (right - left, bottom - top) == pytest.approx((256, 256))
    visitor.page.click("[data-zoom=in]")
    visitor.page.focus("#view")
    visitor.page.keyboard.press("0")
    assert json.loads(visitor.page.evaluate("async () => String((await import('./js/stage.js')).stage.view.fitted)"))


def test_the_slider_shows_before_on_its_left(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.page.focus("#slider")
    for _ in range(5):
        visitor.page.keyboard.press("PageUp")
    visitor.page.wait_for_selector('#slider[aria-valuenow="50"]')
    visitor.page.wait_for_timeout(100)
    colours = visitor.page.evaluate(
        """async points => {
            const { stage } = await import("./js/stage.js");
            const at = ([x, y]) => stage.view.toStage(x, y).map(Math.round);
            return points.map((point) => [...stage.context.getImageData(...at(point), 1, 1).data]);
        }""",
        [[60.5, 12.5], [240.5, 12.5]],  # where its neighbours are like a pixel: the stage's middle may lie between two
    )
    assert np.abs(np.array(colours[0][:3]) - decoded(astronaut)[12, 60]).max() < 12
    assert colours[1][:3] in ([255, 255, 255], [235, 235, 232])
