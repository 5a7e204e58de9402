"""Debian's Chromium by Playwright, before a real server with the shipped network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.pictures import photograph
from tests.server.running import Running
from tests.server.sources import encoded

from .visitor import Visitor

# The camera is Chromium's own test picture: nobody is asked, nothing is faked in the page.
ARGUMENTS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "these tests need a browser: apt-get install chromium, or name one in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def visitor_of(browser: Browser, server: Running, **context: object) -> Visitor:
    settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"}
    opened = browser.new_context(**{**settings, **context})  # type: ignore[arg-type]
    opened.set_default_timeout(30_000)
    return Visitor(opened, opened.new_page(), server.url).come()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Visitors with settings of their own. What the browser finds wrong with the page fails the test."""
    visitors: list[Visitor] = []

    def make(server: Running, **context: object) -> Visitor:
        visitors.append(visitor_of(browser, server, **context))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
        assert not visitor.wrong, visitor.wrong


@pytest.fixture(scope="package")
def regular(browser: Browser, server: Running) -> Iterator[Visitor]:
    visitor = visitor_of(browser, server)
    yield visitor
    visitor.context.close()


@pytest.fixture
def visitor(regular: Visitor) -> Iterator[Visitor]:
    """The same visitor for many tests, the desk cleared: a page that is loaded anew each time takes longer."""
    yield regular.cleared()
    assert not regular.wrong, regular.wrong


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """256 x 256, as PNG: what is decoded is the same everywhere."""
    return encoded(photograph("astronaut")[::2, ::2], "PNG")
