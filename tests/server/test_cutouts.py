"""matteo's own API for one picture."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image as PilImage

import matteo
from matteo.server.body import Body
from tests.keying.screens import shot
from tests.pictures import photograph

from .sources import Sources, encoded, small

URL = "/api/cutouts"
PICTURE = small()


def pixels(answer: httpx.Response) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    assert answer.status_code == 200, answer.text
    return np.asarray(PilImage.open(io.BytesIO(answer.content)))


def made(client: httpx.Client, **fields: str) -> httpx.Response:
    return client.post(URL, files={"file": ("a.jpg", PICTURE)}, data=fields)


def refused(answer: httpx.Response, detail: str, code: str = "invalid_parameter") -> None:
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["code"] == code
    assert detail in error.get("detail", "") + error["title"]


def test_it_is_what_the_library_makes(client: httpx.Client) -> None:
    answer = made(client)
    wanted = matteo.remove(PICTURE)
    assert answer.content == wanted.encode("png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-matteo-confidence"] == f"{wanted.confidence:.4f}"
    assert answer.headers["x-matteo-kind"] == wanted.kind
    assert answer.headers["x-matteo-reasons"] == "; ".join(wanted.reasons)
    assert answer.headers["x-matteo-model"] == "matteo"


def test_every_way_to_send_it_gives_one_result(client: httpx.Client, pictures: Sources) -> None:
    coded = base64.b64encode(PICTURE).decode()
    answers = [
        made(client),
        client.post(URL, content=PICTURE, headers={"Content-Type": "image/jpeg"}),
        client.post(URL, content=PICTURE, headers={"Content-Type": "application/octet-stream"}),
        client.post(URL, json={"url": pictures.url + "/picture.jpg"}),
        client.post(URL, json={"file_b64": coded}),
        client.post(URL, data={"url": pictures.url + "/picture.jpg", "format": ""}),
    ]
    assert len({answer.content for answer in answers}) == 1


def test_options_of_raw_bytes_are_in_the_address(client: httpx.Client) -> None:
    answer = client.post(URL + "?format=webp&alpha_only=yes", content=PICTURE, headers={"Content-Type": "image/jpeg"})
    assert answer.headers["content-type"] == "image/webp"
    assert np.ptp(pixels(answer), axis=2).max() == 0


def test_json_tells_all_and_holds_the_result(client: httpx.Client) -> None:
    answer = client.post(URL, files={"file": PICTURE}, headers={"Accept": "application/json"})
    told = answer.json()
    assert base64.b64decode(told["result_b64"]) == made(client).content
    assert (told["width"], told["height"], told["source_width"], told["format"]) == (256, 256, 256, "png")
    assert 0 <= told["confidence"] <= 1
    assert told["seconds"]["network"] > 0


def test_alpha_alone_keeps_sixteen_bits(client: httpx.Client) -> None:
    import cv2

    deep = cv2.imencode(".png", photograph("astronaut")[::4, ::4, ::-1].astype(np.uint16) * 257)[1].tobytes()
    answer = client.post(URL, files={"file": deep}, data={"alpha_only": "true"})
    grey = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert grey is not None
    assert str(grey.dtype) == "uint16"
    assert grey.ndim == 2


@pytest.mark.parametrize("format", ["psd", "ora", "exr"])
def test_layered_files(client: httpx.Client, format: str) -> None:
    answer = made(client, format=format, shadow="contact")
    assert answer.status_code == 200, answer.text
    assert answer.content[:4] == {"psd": b"8BPS", "ora": b"PK\x03\x04", "exr": b"\x76\x2f\x31\x01"}[format]
    assert answer.headers["content-disposition"] == f'attachment; filename="cutout.{format}"'


@pytest.mark.parametrize("format", ["webp", "avif", "tiff", "jpeg", "jpg"])
def test_flat_formats(client: httpx.Client, format: str) -> None:
    answer = made(client, format=format, background="white")
    assert answer.headers["content-type"] == f"image/{'jpeg' if format == 'jpg' else format}"
    assert pixels(answer).shape[:2] == (256, 256)


def test_looks_are_those_of_the_command_line(client: httpx.Client) -> None:
    shop = pixels(made(client, preset="amazon", format="png"))
    assert shop.shape == (2000, 2000, 3)
    assert tuple(shop[5, 5]) == (255, 255, 255)
    lined = pixels(made(client, effect="outline:20px,red", fill="70%", background="blue"))
    red = (lined[..., 0] > 200) & (lined[..., 1:].max(2) < 60)
    assert red.sum() > 1000
    framed = pixels(made(client, size="300x200", position="bottom"))
    assert framed.shape == (200, 300, 4)


def test_several_effects_in_order(client: httpx.Client) -> None:
    form = [("effect", (None, "crop:fill=50%")), ("effect", (None, "outline:10px,lime"))]
    answer = client.post(URL, files=[("file", ("a", PICTURE)), *form])
    listed = client.post(URL, json={"file_b64": base64.b64encode(PICTURE).decode(), "effect": [f[1][1] for f in form]})
    assert pixels(answer).shape[2] == 4
    assert answer.content == listed.content


def test_a_background_that_is_sent_or_fetched(client: httpx.Client, pictures: Sources) -> None:
    ground = encoded(np.full((30, 30, 3), (9, 120, 200), np.uint8), "PNG")
    files = {"file": PICTURE, "background_file": ground}
    assert tuple(pixels(client.post(URL, files=files))[20, 60]) == (9, 120, 200)
    fitted = client.post(URL, files=files, data={"harmonize": "0.8", "effect": "light_wrap:strength=0.5"})
    assert tuple(pixels(fitted)[20, 60]) == (9, 120, 200)
    assert fitted.content != client.post(URL, files=files).content
    tiled = client.post(URL, files=files, data={"background_fit": "tile"})
    assert tiled.status_code == 200
    assert made(client, background_url=pictures.url + "/picture.jpg").status_code == 200
    refused(client.post(URL, files=files, data={"background": "red"}), "leave one out")


def test_a_mask_of_ones_own_takes_the_networks_place(client: httpx.Client) -> None:
    mask = np.zeros((256, 256), np.uint8)
    mask[100:200, 100:200] = 255
    coded = encoded(mask, "PNG")
    answer = client.post(URL, files={"file": PICTURE, "mask": coded}, data={"edges": "none"})
    assert answer.headers["x-matteo-model"] == "mask"
    alpha = pixels(answer)[..., 3]
    assert alpha[150, 150] == 255
    assert alpha[:90].max() == 0
    trimap = client.post(URL, files={"file": PICTURE, "trimap": coded})
    assert trimap.headers["x-matteo-model"] == "trimap"
    small_mask = encoded(mask[:100, :50], "PNG")
    refused(client.post(URL, files={"file": PICTURE, "mask": small_mask}), "aspect")


def test_a_picture_before_a_screen(client: httpx.Client) -> None:
    taken = shot()
    answer = client.post(URL, files={"file": encoded(taken.rgb, "PNG")}, data={"key": "green"})
    assert answer.headers["x-matteo-model"] == "key"
    assert np.abs(pixels(answer)[..., 3] / 255 - taken.alpha).mean() < 0.01
    none = client.post(URL, files={"file": PICTURE}, data={"key": "blue"})
    assert none.status_code == 400
    assert none.json()["errors"][0]["code"] == "no_screen"
    assert "leave the key out" in none.json()["errors"][0]["detail"]
    refused(client.post(URL, files={"file": PICTURE}, data={"key": "#777777"}), "grey")


def test_marks_in_fields_of_their_own_are_all_heard(client: httpx.Client) -> None:
    body = Body()
    for mark in ("1,1", "2,2"):
        body.keep("keep", mark)
    assert body.fields["keep"].split() == ["1,1", "2,2"]
    sent = {name: encoded(np.full((256, 256), level, np.uint8), "PNG") for name, level in (("mask", 255),)}
    sent |= {name: encoded(np.zeros((256, 256), np.uint8), "PNG") for name in ("keep_mask", "drop_mask")}
    answer = client.post(URL, files={"file": PICTURE, "background_file": PICTURE, **sent}, data={"keep": "9,9"})
    assert answer.status_code == 200, answer.text


def test_hints_say_what_is_meant(client: httpx.Client) -> None:
    painted = np.zeros((256, 256), np.uint8)
    painted[:20, :20] = 255
    fields = {"keep": "50%,60% 110,150,120,160", "drop": "5,250", "box": "0,0,100%,90%"}
    answer = client.post(URL, files={"file": PICTURE, "keep_mask": encoded(painted, "PNG")}, data=fields)
    assert answer.headers["x-matteo-model"] == "selector"
    alpha = pixels(answer)[..., 3]
    assert alpha[:20, :20].min() == 255
    assert alpha[231:].max() == 0
    for wrong, said in (
        ({"keep": "5"}, "no point"), ({"drop": "9999,5"}, "outside of the picture"), ({"box": "1,2,3"}, "no box"),
        ({"keep": "1,1 " * 300}, "more than 200"), ({"keep_mask": "paint.png"}, "is a file"),
    ):  # fmt: skip
        refused(client.post(URL, files={"file": PICTURE}, data=wrong), said)
    refused(client.post(URL, files={"file": PICTURE, "trimap": encoded(painted, "PNG")}, data={"keep": "5,5"}), "hints")


@pytest.mark.parametrize(
    "fields",
    [
        {"background": "/etc/passwd"}, {"background": "cover:/etc/passwd"}, {"background": "secret.png"},
        {"background": "../secret.png"}, {"effect": "picture:secret.png"}, {"effect": "picture:given=secret.png"},
        {"effect": " picture:secret.png"}, {"effect": "picture : secret.png"}, {"preset": "../../secret"},
        {"background": "tile:secret.png"}, {"background": "file:///etc/passwd"}, {"effect": "picture:x\nsticker"},
    ],
)  # fmt: skip
def test_no_text_reads_a_file_of_the_servers_machine(
    client: httpx.Client, fields: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.png").write_bytes(encoded(np.full((9, 9, 3), 77, np.uint8), "PNG"))
    monkeypatch.chdir(tmp_path)
    answer = made(client, **fields)
    assert answer.status_code == 400, answer.headers
    assert str(tmp_path) not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"size": "30000x30000"}, "megapixels"), ({"effect": "crop:size=20000x20000"}, "megapixels"),
        ({"effect": "headshot:20000x20000"}, "megapixels"), ({"fill": "0.001"}, "no less"),
        ({"margin": "9"}, "no more"),
        ({"effect": "\n".join(["outline"] * 9)}, "effects are more"), ({"edges": "closed-form"}, "edges"),
        ({"format": "bmp"}, "format"), ({"format": "jpeg"}, "no transparency"), ({"quality": "101"}, "quality"),
        ({"quality": "9"}, "quality"), ({"format": "webp", "quality": "x"}, "quality"), ({"grow": "x"}, "no distance"),
        ({"alpha_only": "yes", "background": "red"}, "leave one"), ({"alpha_only": "maybe"}, "alpha_only"),
        ({"alpha_only": "1", "format": "psd"}, "layers"), ({"straight": "1"}, "exr"), ({"preset": "amazn"}, "amazon"),
        ({"effect": "stiker"}, "sticker"), ({"shadow": "x"}, "kind"), ({"fish": "1"}, "'fish' is no field"),
        ({"harmonize": "0.5"}, "background"), ({"file_b64": "!"}, "base64"), ({"background": "whit"}, "whit"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(client: httpx.Client, fields: dict[str, str], detail: str) -> None:
    refused(made(client, **fields), detail)


def test_sources_are_exactly_one(client: httpx.Client) -> None:
    refused(client.post(URL), "picture", "missing_source")
    refused(made(client, url="http://a.b/"), "picture", "multiple_sources")
    refused(client.post(URL, files={"file": b"x"}), "", "failed_to_read_image")
    refused(client.post(URL, json={"url": "ftp://a/"}), "", "invalid_url")
    unknown = client.post(URL, content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (415, "unsupported_content_type")


def test_the_tables_are_those_of_the_library(client: httpx.Client) -> None:
    from matteo.effects.table import TABLE

    models = client.get("/api/models").json()["models"]
    assert [model["name"] for model in models if model["loaded"]] == ["matteo"]
    assert all(model["licence"] for model in models)
    presets = {preset["name"]: preset for preset in client.get("/api/presets").json()["presets"]}
    assert presets["amazon"]["look"]["size"] == "2000x2000"
    assert presets["amazon"]["rule"]["source"].startswith("https://")
    effects = {effect["name"]: effect for effect in client.get("/api/effects").json()["effects"]}
    assert set(effects) == set(TABLE) - {"picture"}
    assert [one["name"] for one in effects["outline"]["parameters"]] == ["width", "colour", "opacity"]
