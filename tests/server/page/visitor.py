"""Somebody who uses the page in a real browser."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page

DONE = ".thumb[data-state=done], .thumb[data-state=doubt]"


def decoded(data: bytes) -> NDArray[np.uint8]:
    """The file's pixels as a browser would show them, in the modes that it has."""
    return np.asarray(PilImage.open(io.BytesIO(data)))


@dataclass
class Visitor:
    """url: of the server. asked: what the page asked of whom. wrong: what the browser complained of."""

    context: BrowserContext
    page: Page
    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def come(self) -> Visitor:
        self.page.on("request", lambda request: self.asked.append((request.method, request.url)))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if self._is_fault(said) else None)
        self.page.on("response", lambda got: self.wrong.append(got.url) if got.status == 404 else None)
        self.page.goto(self.url)
        self.page.wait_for_selector("html[data-ready=yes]")
        return self

    @staticmethod
    def _is_fault(said: ConsoleMessage) -> bool:
        """That the server refused something is for the page to tell; anything else is the page's own fault."""
        return said.type == "error" and not said.text.startswith("Failed to load resource")

    def cleared(self) -> Visitor:
        """As it was in the beginning: no picture, no look, the first tab."""
        self.page.evaluate(
            """async () => {
                const { desk } = await import("./js/desk.js");
                for (const item of desk.items.slice()) desk.remove(item);
                const none = { background: "none", colour: "#ffffff", shadow: "none", preset: "" };
                desk.setLook({ ...none, crop: false, margin: 10 });
                (await import("./js/brush.js")).brush.set({ keep: false, follow: true, points: false, size: 48 });
                (await import("./js/panel.js")).show("background");
            }"""
        )
        self.asked.clear()
        self.wrong.clear()
        return self

    def give(self, *files: tuple[str, bytes]) -> Visitor:
        """Chooses files, as with the file dialog."""
        kinds = {"jpg": "image/jpeg", "png": "image/png", "txt": "text/plain", "mp4": "video/mp4"}
        payloads: list[Any] = [
            {"name": name, "mimeType": kinds.get(name.rpartition(".")[2], "image/png"), "buffer": data}
            for name, data in files
        ]
        self.page.set_input_files("#files", payloads)
        return self

    def has(self, count: int = 1) -> Visitor:
        """Waits until so many pictures are done and the one on the stage can be worked with."""
        self.page.locator(DONE).nth(count - 1).wait_for(timeout=60_000)
        self.page.wait_for_selector("#panel:not([inert])")
        self.page.wait_for_selector("#slider:not([hidden])")
        return self

    def tab(self, name: str) -> Visitor:
        self.page.click(f"#tab-{name}")
        return self

    def choose(self, name: str, value: str) -> Visitor:
        """A radio button."""
        self.page.check(f'input[name="{name}"][value="{value}"]', force=True)
        return self

    def choose_without_check(self, name: str, value: str) -> Visitor:
        """A radio button that asks something first."""
        self.page.click(f'input[name="{name}"][value="{value}"]', force=True)
        return self

    def saved(self, format: str = "png", button: str = "#download") -> bytes:
        """The file that a press of the button downloads."""
        self.page.select_option("#format", format)
        with self.page.expect_download(timeout=60_000) as waiting:
            self.page.click(button)
        path = waiting.value.path()
        return path.read_bytes()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the picture on the stage is on the screen."""
        u, v, left, top, ratio = self.page.evaluate(
            """async ([x, y]) => {
                const { stage } = await import("./js/stage.js");
                const box = stage.box.getBoundingClientRect();
                return [...stage.view.toStage(x, y), box.left, box.top, stage.ratio];
            }""",
            [x, y],
        )
        return left + u / ratio, top + v / ratio

    def paint(self, *points_xy: tuple[float, float]) -> Visitor:
        """A stroke through these pixels of the picture."""
        self.page.mouse.move(*self.at(*points_xy[0]))
        self.page.mouse.down()
        for point in points_xy[1:]:
            self.page.mouse.move(*self.at(*point), steps=8)
        self.page.mouse.up()
        self.page.wait_for_timeout(50)
        return self

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def shown(self, selector: str) -> Locator:
        """The element, once it can be seen."""
        found = self.page.locator(selector)
        found.first.wait_for(timeout=30_000)
        return found
