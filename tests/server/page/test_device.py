"""In the browser itself: nothing is sent, and the result is the library's with its fast edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from matteo.picture.read import read
from matteo.server import page_runtime
from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .visitor import Visitor, decoded

APART = 2 / 255  # of alpha, at most: float32 of two runtimes, and eight bits


@pytest.fixture(scope="session")
def runtime() -> Path:
    return page_runtime.fetch()


@pytest.mark.parametrize("threads", ["isolated", "one thread"])
def test_the_result_is_the_librarys(
    visit: Callable[..., Visitor], server: Running, runtime: Path, threads: str
) -> None:
    """As with --edges fast, to two levels of 255; without the isolating headers by one thread."""
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
    assert np.abs(file[..., 3] / 255 - cutout.alpha).max() <= APART
    opaque = cutout.alpha == 1
    assert np.array_equal(file[opaque][:, :3], cutout.rgb[opaque])
    band = cutout.alpha > 0.5
    assert np.abs(file[band][:, :3].astype(int) - cutout.rgb[band]).max() <= 6
    assert not [url for method, url in visitor.asked if method == "POST"]
    verdict = visitor.page.evaluate("async () => (await import('./js/desk.js')).desk.current.verdict")
    assert verdict["confidence"] == pytest.approx(cutout.confidence, abs=0.005)
    assert verdict["kind"] == cutout.kind
    assert tuple(verdict["reasons"]) == cutout.reasons


@pytest.mark.parametrize("name", ["dark", "noisy", "plain", "see-through"])
def test_the_engine_meets_the_library_on_odd_pictures(
    visitor: Visitor, server: Running, name: str, runtime: Path
) -> None:
    """The same network, the same preparation: dark and noisy pictures are made plain, an empty one has no subject."""
    rgb = photograph("astronaut")[::4, ::4].astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 60, rgb.shape)
    made = {"dark": 0.15 * rgb, "noisy": rgb + noise, "plain": 0 * rgb + 120, "see-through": rgb}[name]
    picture = np.clip(made, 0, 255).astype(np.uint8)
    if name == "see-through":
        opacity = np.tile(np.linspace(0, 255, 128).astype(np.uint8), (128, 1))
        picture = np.dstack([picture, opacity])
    file = encoded(picture, "PNG")
    rgba = picture if picture.shape[2] == 4 else np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    alpha, verdict = visitor.page.evaluate(
        """async ([bytes, height, width]) => {
            const { cutOut } = await import("./js/local/engine.js");
            const runtime = await import("./vendor/ort.wasm.bundle.min.mjs");
            runtime.env.wasm.wasmPaths = { wasm: new URL("vendor/ort-wasm-simd-threaded.wasm", location.href).href };
            runtime.env.wasm.numThreads = 1;
            const card = await (await fetch("page-model/matteo.json")).json();
            const weights = await (await fetch("page-model/matteo.onnx")).arrayBuffer();
            window.session ??= await runtime.InferenceSession.create(new Uint8Array(weights));
            const run = async (tensor) => {
                const input = new runtime.Tensor("float32", tensor, [1, 3, card.side, card.side]);
                const out = await window.session.run({ picture: input });
                return Object.fromEntries(Object.entries(out).map(([key, value]) => [key, value.data]));
            };
            const rgba = new Uint8ClampedArray(bytes);
            const verdict = await cutOut(rgba, height, width, card, run);
            return [Array.from(rgba).filter((_, i) => i % 4 === 3), verdict];
        }""",
        [rgba.ravel().tolist(), *rgba.shape[:2]],
    )
    cutout = server.service.engine.remover.cut(read(file), edges="fast")
    apart = np.abs(np.reshape(alpha, (128, 128)) / 255 - cutout.alpha)
    assert np.quantile(apart, 0.999) <= 3 * APART
    assert apart.max() <= (0.08 if name == "noisy" else 3 * APART)  # where all is noise single pixels may tip over
    assert tuple(verdict["reasons"]) == cutout.reasons
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
