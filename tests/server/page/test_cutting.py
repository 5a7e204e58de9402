"""From a file to a file: what is downloaded is, pixel by pixel, what the library makes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np

from matteo.picture.image import Image
from matteo.picture.read import read
from matteo.server.cutouts.options import options_of
from matteo.server.cutouts.render import Given, make
from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .visitor import Visitor, decoded


def library(server: Running, picture: bytes, **fields: str) -> bytes:
    """What POST /api/cutouts would give, without the page and the network between."""
    return make(server.service.engine.remover, Given(picture), options_of(fields, 1e8), lambda _: None).data


def test_the_file_is_the_librarys_own(visitor: Visitor, server: Running, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    assert np.array_equal(decoded(visitor.saved("png")), decoded(library(server, astronaut)))


def test_the_stage_shows_the_cut_out_that_came(visitor: Visitor, server: Running, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    alpha = visitor.page.evaluate("""async () => {
        const { cutout } = (await import("./js/desk.js")).desk.current.pixels;
        const { data } = cutout.getContext("2d").getImageData(0, 0, cutout.width, cutout.height);
        return Array.from(data).filter((_, i) => i % 4 === 3);
    }""")
    assert np.array_equal(np.reshape(alpha, (256, 256)), decoded(library(server, astronaut))[..., 3])


def test_every_format_is_what_it_says(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("astronaut.png", astronaut)).has()
    assert visitor.saved("webp")[8:12] == b"WEBP"
    assert visitor.saved("psd")[:4] == b"8BPS"
    assert "background becomes white" not in visitor.text("#foot")
    jpeg = decoded(visitor.saved("jpg"))
    assert "background becomes white" in visitor.text("#foot")
    assert jpeg.shape == (256, 256, 3)
    assert (jpeg[:20, 200:] > 250).all()


def test_several_pictures_become_one_zip(visitor: Visitor, astronaut: bytes) -> None:
    cat = encoded(photograph("chelsea")[::3, ::3], "PNG")
    visitor.give(("one.png", astronaut), ("cat.png", cat), ("one.png", astronaut)).has(3)
    with zipfile.ZipFile(io.BytesIO(visitor.saved("png", "#download-all"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["one.png", "cat.png", "one (2).png"]
        assert archive.read("one.png") == archive.read("one (2).png")
        assert decoded(archive.read("cat.png")).shape == (100, 151, 4)


def test_a_tiff_is_shown_though_no_browser_knows_it(visitor: Visitor, astronaut: bytes) -> None:
    rgb = photograph("astronaut")[::2, ::2]
    visitor.give(("scan.tif", encoded(rgb, "TIFF"))).has()
    seen = visitor.page.evaluate("""async () => {
        const { source } = (await import("./js/desk.js")).desk.current.pixels;
        return Array.from(source.getContext("2d").getImageData(0, 0, 256, 1).data);
    }""")
    assert np.array_equal(np.reshape(seen, (256, 4))[:, :3], rgb[0])


def test_orientation_is_that_of_the_camera(visitor: Visitor, server: Running) -> None:
    """A picture stored lying down is shown and cut out upright."""
    stream = io.BytesIO()
    from PIL import Image as PilImage

    stored = PilImage.fromarray(photograph("astronaut")[::2, :400:2])
    exif = stored.getexif()
    exif[0x0112] = 6
    stored.save(stream, "JPEG", quality=95, exif=exif)
    visitor.give(("phone.jpg", stream.getvalue())).has()
    upright: Image = read(stream.getvalue())
    assert decoded(visitor.saved("png")).shape[:2] == upright.size_hw == (200, 256)
    assert visitor.page.evaluate("""async () => {
        const { source, cutout } = (await import("./js/desk.js")).desk.current.pixels;
        return [source.height, source.width, cutout.height, cutout.width];
    }""") == [200, 256, 200, 256]


def test_a_dropped_and_a_pasted_picture_come_too(visitor: Visitor, astronaut: bytes) -> None:
    give = """([name, bytes, kind]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
        const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: data, bubbles: true })
            : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
        document.body.dispatchEvent(event);
    }"""
    for kind in ("drop", "paste"):
        visitor.page.evaluate(give, [f"{kind}.png", list(astronaut), kind])
    visitor.has(2)
    labels = visitor.page.locator(".thumb").evaluate_all("all => all.map(one => one.title)")
    assert labels == ["drop.png", "paste.png"]


def test_a_photo_from_the_camera(visitor: Visitor) -> None:
    visitor.page.click(".drop [data-act=camera]")
    video = visitor.shown("#camera video")
    for _ in range(100):
        if video.evaluate("video => video.videoWidth"):
            break
        visitor.page.wait_for_timeout(50)
    visitor.page.click(".shutter")
    visitor.shown(".thumb[data-state=done], .thumb[data-state=doubt]")
    assert visitor.page.locator(".thumb").get_attribute("title") == "photo.jpg"
    assert not visitor.page.locator("#camera").is_visible()


def test_a_phone_opens_its_own_camera(visit: Callable[..., Visitor], server: Running) -> None:
    visitor = visit(server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    with visitor.page.expect_file_chooser():
        visitor.page.tap(".drop [data-act=camera]")
    assert visitor.page.get_attribute("#shot", "capture") == "environment"
