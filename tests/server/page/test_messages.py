"""Every text of the page is in both languages, and is used."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from matteo.matting.confidence import ALIKE, CUT, FINE, LOW_LIGHT
from matteo.server.app import PAGE

TEXTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(PAGE.glob("messages/*.json"))}
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (PAGE / "index.html", *sorted(PAGE.glob("js/**/*.js"))))
NAMED = set(re.findall(r'data-(?:text|label)="([^"]+)"', CODE)) | set(re.findall(r'"([\w-]+(?:\.[\w-]+)*)"', CODE))
MADE = tuple(set(re.findall(r"`(\w+\.)\$\{", CODE)))  # such as `tab.${name}`


def test_the_languages_have_the_same_texts_with_the_same_names_in_them() -> None:
    assert sorted(TEXTS) == ["de", "en"]
    english, german = TEXTS["en"], TEXTS["de"]
    assert list(english) == list(german)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", german[key])), key
        assert text.strip(), key
        assert german[key].strip(), key


def test_no_text_is_left_over_and_none_is_missing() -> None:
    english = set(TEXTS["en"])
    assert [key for key in english if key not in NAMED and not key.startswith(MADE)] == []
    rooms = {key.partition(".")[0] for key in english if "." in key}
    asked = set(re.findall(r'\bt\(\s*"([^"]+)"', CODE)) | set(re.findall(r'data-(?:text|label)="([^"]+)"', CODE))
    assert asked - english == set()
    assert {prefix.rstrip(".") for prefix in MADE} <= rooms


@pytest.mark.parametrize("reason", [CUT, LOW_LIGHT, ALIKE, FINE])
def test_every_reason_of_the_library_is_translated(reason: str) -> None:
    for texts in TEXTS.values():
        assert f"reason.{reason.replace(' ', '-')}" in texts


class _Texts(HTMLParser):
    """What stands between tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.quiet += tag in ("title", "noscript")

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in ("title", "noscript")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.quiet:
            self.found.append(data.strip())


def test_the_html_has_no_text_but_the_name() -> None:
    parser = _Texts()
    parser.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    assert set(parser.found) == {"matteo"}
