"""Jobs of films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.video.clips import make_film, probe, sound_hash, stream

from .test_jobs import URL, over


def give(client: httpx.Client, *films: bytes, **fields: str) -> httpx.Response:
    return client.post(URL, files=[("file", ("talk.mp4", film)) for film in films], data={"kind": "video"} | fields)


def results(client: httpx.Client, answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 202, answer.text
    items: list[dict[str, Any]] = over(client, answer.json()["id"])["items"]
    return items


def test_a_film_comes_out_with_its_sound(client: httpx.Client, tmp_path: Path) -> None:
    source = make_film(tmp_path / "talk.mp4", frames=8)
    (item,) = results(client, give(client, source.read_bytes(), background="white"))
    assert (item["state"], item["facts"]["format"], item["facts"]["frames"]) == ("done", "mp4", 8)
    answer = client.get(item["result"])
    assert answer.headers["content-type"] == "video/mp4"
    made = tmp_path / "made.mp4"
    made.write_bytes(answer.content)
    assert stream(made)["nb_frames"] == "8"
    assert sound_hash(made) == sound_hash(source)


def test_without_a_background_it_is_see_through(client: httpx.Client, tmp_path: Path) -> None:
    source = make_film(tmp_path / "talk.mp4", frames=4)
    (item,) = results(client, give(client, source.read_bytes()))
    made = tmp_path / "made.mov"
    made.write_bytes(client.get(item["result"]).content)
    assert "yuva444" in probe(made, "-show_streams")["streams"][0]["pix_fmt"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": "mp4"}, "holds no transparency"),
        ({"format": "exe", "background": "white"}, "format is"),
        ({"background": "/etc/passwd"}, "passwd"),
        ({"background": "hold:talk.mp4"}, "talk.mp4"),
        ({"quality": "worst"}, "quality is"),
        ({"shadow": "drop"}, "shadow is no option of a film"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(
    client: httpx.Client, fields: dict[str, str], said: str
) -> None:
    answer = give(client, b"film", **fields)
    assert answer.status_code == 400
    assert said in answer.text


def test_a_playlist_in_a_films_clothes_opens_nothing_else(client: httpx.Client, tmp_path: Path) -> None:
    secret = make_film(tmp_path / "secret.mp4", frames=4)
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile {secret}\n"
    for text in (hls, concat):
        (item,) = results(client, give(client, text.encode(), background="white"))
        assert item["state"] == "failed"
        assert "no film that can be read" in item["error"]["title"] + item["error"].get("detail", "")
