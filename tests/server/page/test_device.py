"""In the browser itself: nothing is sent, and the result is the library's with its fast edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo import Remover
from matteo.picture.read import read
from matteo.server import page_runtime
from tests.models.small import write_network
from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .visitor import Visitor, decoded

Bytes = NDArray[np.uint8]

APART = 2 / 255  # of alpha, at most, by the same network: float32 in two languages, and eight bits
# Two runtimes round what is kept in 8 bits otherwise now and then, and at soft edges that shows; in the mean, of 99 %
# of the pixels, and of each.
OF_A_RUNTIME = 0.002, 6 / 255, 0.25


@pytest.fixture(scope="session")
def runtime() -> Path:
    return page_runtime.fetch()


@pytest.mark.parametrize("threads", ["isolated", "one thread"])
def test_the_result_is_the_librarys(
    visit: Callable[..., Visitor], server: Running, runtime: Path, threads: str
) -> None:
    """As with --edges fast, as far as two runtimes agree; without the isolating headers by one thread."""
    visitor = visit(server)
    if threads == "one thread":
        without = {"cross-origin-opener-policy", "cross-origin-embedder-policy"}

        def bare(route: object) -> None:
            response = route.fetch()  # type: ignore[attr-defined]
            headers = {name: text for name, text in response.headers.items() if name not in without}
            route.fulfill(response=response, headers=headers)  # type: ignore[attr-defined]

        visitor.page.route(f"{server.url}/", bare)
        visitor.page.goto(f"{server.url}/")
        visitor.page.wait_for_selector("html[data-ready=yes]")
    assert visitor.page.evaluate("crossOriginIsolated") is (threads == "isolated")
    visitor.page.check("#local", force=True)
    picture = encoded(photograph("chelsea")[::2, ::2], "PNG")
    visitor.give(("cat.png", picture)).has()
    file = decoded(visitor.saved("png"))
    cutout = server.service.engine.remover.cut(read(picture), edges="fast")
    apart = np.abs(file[..., 3] / 255 - cutout.alpha)
    mean, nearly_all, most = OF_A_RUNTIME
    assert apart.mean() <= mean
    assert np.quantile(apart, 0.99) <= nearly_all
    assert apart.max() <= most
    opaque = (cutout.alpha == 1) & (file[..., 3] == 255)
    assert np.array_equal(file[opaque][:, :3], cutout.rgb[opaque])
    band = (cutout.alpha > 0.5) & (apart <= APART)
    assert np.quantile(np.abs(file[band][:, :3].astype(int) - cutout.rgb[band]), 0.999) <= 6
    assert not [url for method, url in visitor.asked if method == "POST"]
    verdict = visitor.page.evaluate("async () => (await import('./js/desk.js')).desk.current.verdict")
    assert verdict["confidence"] == pytest.approx(cutout.confidence, abs=0.005)
    assert verdict["kind"] == cutout.kind
    assert tuple(verdict["reasons"]) == cutout.reasons


def odd(name: str) -> Bytes:
    """128 x 128 x 3 or 4, or for a small subject a larger scene around it."""
    rgb = photograph("astronaut")[::4, ::4].astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 60, rgb.shape)
    scene = np.full((400, 300, 3), (70, 110, 60), np.float32)
    scene[180:308, 40:168] = rgb
    made = {"dark": 0.15 * rgb, "noisy": rgb + noise, "plain": 0 * rgb + 120, "small subject": scene}.get(name, rgb)
    picture = np.clip(made, 0, 255).astype(np.uint8)
    if name != "see-through":
        return picture
    return np.dstack([picture, np.tile(np.linspace(0, 255, 128).astype(np.uint8), (128, 1))])


@pytest.mark.parametrize("name", ["dark", "noisy", "plain", "see-through", "small subject"])
@pytest.mark.parametrize("network", ["smooth", "shipped"])
def test_the_engine_meets_the_library_on_odd_pictures(
    visitor: Visitor, server: Running, network: str, name: str, tmp_path: Path
) -> None:
    """The same network (by the library's runtime), the same preparation: dark and noisy pictures are made plain, an
    empty one has no subject, a small subject is looked at closer. A smooth network's alpha is that of the library to
    three times two levels; that of the shipped one tips over here and there where a level of the small picture was
    rounded otherwise."""
    remover = server.service.engine.remover
    if network == "smooth":
        remover = Remover(write_network(tmp_path, looks=2, side=96))
    picture = odd(name)
    opaque = np.full(picture.shape[:2], 255, np.uint8)
    rgba = picture if picture.shape[2] == 4 else np.dstack([picture, opaque])

    def run(tensor: list[float]) -> dict[str, list[float]]:
        outputs = remover.session.look(np.reshape(np.array(tensor, np.float32), (1, 3, *2 * [remover.card.side])))
        named = {"alpha": outputs.alpha, "kind": outputs.kind, "quality": outputs.quality}
        return {key: np.ravel(value).tolist() for key, value in named.items() if value is not None}

    called = f"network{tmp_path.name}"
    visitor.page.expose_function(called, run)
    alpha, verdict = visitor.page.evaluate(
        """async ([bytes, height, width, card, called]) => {
            const { cutOut } = await import("./js/local/engine.js");
            const rgba = new Uint8ClampedArray(bytes);
            const verdict = await cutOut(rgba, height, width, card, (tensor) => window[called](Array.from(tensor)));
            return [Array.from(rgba).filter((_, i) => i % 4 === 3), verdict];
        }""",
        [rgba.ravel().tolist(), *rgba.shape[:2], asdict(remover.card), called],
    )
    cutout = remover.cut(read(encoded(picture, "PNG")), edges="fast")
    apart = np.abs(np.reshape(alpha, rgba.shape[:2]) / 255 - cutout.alpha)
    if network == "smooth":
        assert apart.max() <= 3 * APART
    else:
        mean, nearly_all, most = OF_A_RUNTIME
        worse = 8 if name == "noisy" else 1  # where all is noise all is at the brink
        assert apart.mean() <= worse * mean
        assert np.quantile(apart, 0.99) <= worse * nearly_all
        assert apart.max() <= most
        assert name == "noisy" or tuple(verdict["reasons"]) == cutout.reasons
    assert verdict["confidence"] == pytest.approx(cutout.confidence, abs=0.01)
    if name == "plain":
        assert not cutout.alpha.any()
        assert verdict["notes"] == ["no subject found: the cut-out is empty"]


def test_what_only_the_server_can_do_is_said(
    visit: Callable[..., Visitor], server: Running, astronaut: bytes, runtime: Path
) -> None:
    visitor = visit(server)
    visitor.page.check("#local", force=True)
    visitor.give(("astronaut.png", astronaut)).has()
    visitor.page.select_option("#format", "psd")
    visitor.page.click("#download")
    assert "PSD files are made by the server" in visitor.shown(".toast").inner_text()
    visitor.tab("preset")
    assert "Presets are made by the server" in visitor.text("#sheet")
    visitor.give(("talk.mp4", b"\0\0\0\x18ftypisom" + bytes(40)))
    visitor.page.click(".thumb >> nth=1")
    assert "Films are made by the server only" in visitor.shown("#card h2 + p").inner_text()


def test_without_the_runtime_the_page_says_how_to_get_it(
    visit: Callable[..., Visitor], server: Running, astronaut: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_runtime, "VENDOR", tmp_path)
    visitor = visit(server)
    assert visitor.page.is_disabled("#local")
    assert "python -m matteo.server.page_runtime fetch" in visitor.text("#privacy")
    visitor.give(("astronaut.png", astronaut)).has()
    assert [url for method, url in visitor.asked if method == "POST"] == [f"{server.url}/api/cutouts"]
