"""A clip is dropped, and the film comes out."""

from __future__ import annotations

from pathlib import Path

from tests.video.clips import make_film, probe

from .visitor import Visitor


def test_a_clip_comes_out_as_a_see_through_film(visitor: Visitor, tmp_path: Path) -> None:
    clip = make_film(tmp_path / "talk.mp4", frames=6)
    visitor.give(("talk.mp4", clip.read_bytes()))
    button = visitor.shown("#card button:has-text('Download the film')")
    with visitor.page.expect_download() as found:
        button.click()
    assert found.value.suggested_filename == "talk.webm"
    made = tmp_path / "made.webm"
    found.value.save_as(made)
    streams = probe(made, "-show_streams")["streams"]
    assert [stream["codec_name"] for stream in streams] == ["vp9", "opus"]
    assert (streams[0]["width"], streams[0]["height"]) == (96, 64)
