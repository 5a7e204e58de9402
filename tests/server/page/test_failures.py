"""Every failure is told in words that help, and the page goes on."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from matteo.server.keys import Keys
from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .visitor import Visitor


def test_files_that_are_no_pictures(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("letter.txt", b"Dear reader"), ("nothing.png", b""))
    said = visitor.shown(".toast").inner_text()
    assert "letter.txt is not a picture" in said
    assert "nothing.png is empty" in said
    assert visitor.page.is_visible("#welcome")
    visitor.give(("astronaut.png", astronaut)).has()


def test_a_damaged_picture(visitor: Visitor, astronaut: bytes) -> None:
    visitor.give(("broken.png", astronaut[:200]), ("astronaut.png", astronaut))
    assert "broken.png is damaged" in visitor.shown("#card p").first.inner_text()
    visitor.page.click("text=Remove it")
    visitor.has()
    assert visitor.page.locator(".thumb").count() == 1


def test_offline_and_back(visitor: Visitor, astronaut: bytes) -> None:
    visitor.context.set_offline(True)
    visitor.give(("astronaut.png", astronaut))
    assert visitor.shown("#card h2 + p").inner_text() == "You are offline."
    visitor.context.set_offline(False)
    visitor.page.click("button:has-text('Try again')")
    visitor.has()


def test_an_empty_picture_has_no_subject(visitor: Visitor) -> None:
    import numpy as np

    visitor.give(("wall.png", encoded(np.full((90, 120, 3), 130, np.uint8), "PNG"))).has()
    assert visitor.page.get_attribute(".verdict", "data-trust") == "none"
    assert "No clear subject found" in visitor.text(".verdict")
    assert visitor.page.get_attribute(".thumb", "data-state") == "doubt"


def test_a_damaged_film(visitor: Visitor) -> None:
    visitor.give(("talk.mp4", struct.pack(">I", 24) + b"ftypisom" + bytes(40)))
    assert "is no film that can be read" in visitor.shown("#card h2 + p").inner_text()


def test_a_strict_server(
    visit: Callable[..., Visitor], serve: Callable[..., Running], tmp_path: Path, astronaut: bytes
) -> None:
    """Key, pixels, bytes, rate: each limit is told, and the last is waited for."""
    strict = serve(keys="always", max_megapixels=0.1, request_mb=0.2, rate=3, data=str(tmp_path / "strict"))
    key = Keys(strict.service.settings.folder).add("visitor")[1]
    visitor = visit(strict)
    visitor.give(("astronaut.png", astronaut))
    assert "asks for a key" in visitor.shown("#card h2 + p").inner_text()
    visitor.page.fill("#service-key", key)
    visitor.page.click("text=Use it")
    visitor.has()
    large = photograph("astronaut")
    visitor.give(
        ("large.jpg", encoded(large, quality=50)), ("heavy.png", encoded(large[:250, :250], "BMP") + bytes(90_000))
    )
    thumbs = visitor.page.locator(".thumb")
    visitor.shown(".thumb[data-state=failed] >> nth=1")
    thumbs.nth(1).click()
    assert "more pixels than this server takes" in visitor.shown("#card h2 + p").inner_text()
    thumbs.nth(2).click()
    assert "larger than this server takes" in visitor.shown("#card h2 + p").inner_text()
    visitor.give(*((f"{n}.png", astronaut) for n in range(20)))
    told = visitor.page.get_by_text("The server is busy. Trying again in")
    for _ in range(60):  # three a minute are done; the next that are at work wait
        visitor.page.locator(".thumb[data-state=working]").first.click()
        if told.is_visible():
            break
        visitor.page.wait_for_timeout(300)
    assert told.is_visible()


def test_no_camera(visit: Callable[..., Visitor], server: Running) -> None:
    visitor = visit(server, permissions=[])
    visitor.page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError'); }; }"
    )
    visitor.page.click(".drop [data-act=camera]")
    assert "No camera was found" in visitor.shown("#camera [role=alert]").inner_text()


@pytest.mark.parametrize("name", ["en", "de"])
def test_no_failure_is_without_words(name: str) -> None:
    """Each key that the code throws has a message in each language."""
    import json
    import re

    from matteo.server.app import PAGE

    texts = json.loads((PAGE / "messages" / f"{name}.json").read_text(encoding="utf-8"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in PAGE.glob("js/**/*.js"))
    thrown = set(re.findall(r'new Failure\((?:[^")]*\? )?"(\w+)"', code))
    assert len(thrown) > 12
    assert {f"error.{key}" for key in thrown} <= set(texts)
