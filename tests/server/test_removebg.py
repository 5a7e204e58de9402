"""The dialect, field by field, as its contract states it."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import httpx
import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.server.removebg.render import megapixels, shrunk
from tests.pictures import photograph

from .sources import Sources, encoded, small

URL = "/v1.0/removebg"
PICTURE = small()  # 256 x 256


def asked(client: httpx.Client, picture: bytes | None = None, **fields: str) -> httpx.Response:
    return sent(client, fields, PICTURE if picture is None else picture)


def sent(client: httpx.Client, fields: dict[str, str], picture: bytes = PICTURE) -> httpx.Response:
    return client.post(URL, files={"image_file": ("a.jpg", picture)}, data={"size": "auto"} | fields)


def opened(answer: httpx.Response) -> PilImage.Image:
    assert answer.status_code == 200, answer.text
    return PilImage.open(io.BytesIO(answer.content))


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The title, where the answer is a refusal of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json()["errors"]
    assert error.get("code") == code
    assert error["title"]
    return str(error["title"])


def test_a_file_gives_a_png_with_the_subject_and_all_headers(client: httpx.Client) -> None:
    answer = asked(client)
    image = opened(answer)
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (256, 256))
    alpha = np.asarray(image)[..., 3]
    assert alpha[50, 112] == 255  # the face
    assert alpha[20, 60] == 0  # the wall
    said = answer.headers
    assert (said["x-width"], said["x-height"], said["x-max-width"], said["x-max-height"]) == ("256",) * 4
    assert said["x-type"] in ("person", "product", "animal", "car", "other")
    assert said["access-control-allow-origin"] == "*"
    inside = alpha >= 26
    assert int(said["x-foreground-top"]) == np.flatnonzero(inside.any(1))[0]
    assert int(said["x-foreground-left"]) == np.flatnonzero(inside.any(0))[0]
    assert int(said["x-foreground-width"]) == np.ptp(np.flatnonzero(inside.any(0))) + 1
    assert int(said["x-foreground-height"]) == np.ptp(np.flatnonzero(inside.any(1))) + 1


def test_one_result_from_every_way_to_send_it(client: httpx.Client, pictures: Sources) -> None:
    coded = base64.b64encode(PICTURE).decode()
    url = pictures.url + "/picture.jpg"
    answers = [
        asked(client),
        client.post(URL, data={"image_file_b64": coded, "size": "auto"}),
        client.post(URL, json={"image_file_b64": coded, "size": "auto", "crop": False, "roi": None}),
        client.post(URL, json={"image_file_b64": "data:image/jpeg;base64," + coded, "size": "auto"}),
        client.post(URL, data={"image_url": url, "size": "auto"}),
        client.post(URL, json={"image_url": f"{pictures.url}/to/{url}", "size": "auto"}),
        client.post(URL, files={"image_url": (None, url), "size": (None, "auto")}),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert len({answer.content for answer in answers}) == 1


def test_what_is_empty_is_not_given(client: httpx.Client) -> None:
    """As the command line of remove.bg sends it."""
    names = ("type", "type_level", "roi", "crop", "crop_margin", "scale", "position", "bg_color", "bg_image_url",
             "channels", "format", "add_shadow", "semitransparency", "image_url", "image_file_b64")  # fmt: skip
    empty = dict.fromkeys(names, "")
    answer = client.post(
        URL, data={"size": "auto"} | empty, files={"image_file": ("a.jpg", PICTURE), "bg_image_file": ("", b"")}
    )
    assert answer.content == asked(client).content


@pytest.mark.parametrize(
    ("size", "format", "most"),
    [
        ("preview", "png", 0.25), ("small", "zip", 0.25), ("regular", "jpeg", 0.25), ("medium", "png", 1.5),
        ("hd", "webp", 4), ("full", "png", 10), ("4k", "jpeg", 25), ("auto", "zip", 25), ("50MP", "jpeg", 50),
        ("50MP", "png", 10),
    ],
)  # fmt: skip
def test_a_size_is_so_many_megapixels_in_a_format(size: str, format: str, most: float) -> None:
    width, height = 12_000, 8_000
    down, across = shrunk((height, width), megapixels(size, format))
    assert down * across <= most * 1e6
    assert down * across > most * 1e6 * 0.99
    assert across / down == pytest.approx(1.5, rel=0.01)
    assert shrunk((20, 30), megapixels(size, format)) == (20, 30)  # never larger


@pytest.mark.parametrize(("size", "most"), [("preview", 0.25), ("medium", 1.5)])
def test_a_size_is_megapixels_and_keeps_the_aspect(client: httpx.Client, size: str, most: float) -> None:
    wide = encoded(np.asarray(PilImage.fromarray(photograph("coffee")).resize((1560, 1040))))
    answer = asked(client, wide, size=size, format="png")
    width, height = opened(answer).size
    assert width * height <= most * 1e6
    assert width * height > min(most * 1e6, 1560 * 1040) * 0.98
    assert width / height == pytest.approx(1.5, rel=0.01)
    assert answer.headers["x-credits-charged"] == ("0.25" if most == 0.25 else "1")
    assert (answer.headers["x-max-width"], answer.headers["x-max-height"]) == ("1560", "1040")
    assert int(answer.headers["x-foreground-left"]) + int(answer.headers["x-foreground-width"]) <= 1560
    assert int(answer.headers["x-foreground-width"]) > 500  # in pixels of what was sent


@pytest.mark.parametrize(
    ("fields", "format"),
    [
        ({}, "PNG"), ({"format": "png"}, "PNG"), ({"format": "jpg"}, "JPEG"), ({"format": "webp"}, "WEBP"),
        ({"bg_color": "red"}, "JPEG"), ({"bg_color": "#ff000080"}, "PNG"),
        ({"bg_color": "red", "format": "png"}, "PNG"),
    ],
)  # fmt: skip
def test_format_auto_is_png_where_there_is_transparency(
    client: httpx.Client, fields: dict[str, str], format: str
) -> None:
    answer = sent(client, fields)
    assert opened(answer).format == format
    assert answer.headers["content-type"] == f"image/{format.lower()}"


def test_the_zip_holds_colours_and_a_grey_alpha_of_one_size(client: httpx.Client) -> None:
    answer = asked(client, format="zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"]
        colour, alpha = (PilImage.open(io.BytesIO(archive.read(name))) for name in archive.namelist())
    assert (colour.mode, alpha.mode) == ("RGB", "L")
    assert colour.size == alpha.size == (256, 256)
    assert np.array_equal(np.asarray(alpha), np.asarray(opened(asked(client)))[..., 3])
    assert np.asarray(colour)[20, 60].max() < 12  # black where nothing is


def test_the_zip_holds_the_same_whatever_channels_are_asked_for(client: httpx.Client) -> None:
    assert asked(client, format="zip", channels="alpha").content == asked(client, format="zip").content


def test_the_zip_of_sixteen_bits_is_of_eight(client: httpx.Client) -> None:
    import cv2

    deep = cv2.imencode(".png", photograph("astronaut")[::4, ::4, ::-1].astype(np.uint16) * 257)[1].tobytes()
    with zipfile.ZipFile(io.BytesIO(asked(client, deep, format="zip").content)) as archive:
        assert PilImage.open(io.BytesIO(archive.read("alpha.png"))).mode == "L"


def test_channels_alpha_is_the_matte_in_grey(client: httpx.Client) -> None:
    image = opened(asked(client, channels="alpha"))
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), np.asarray(opened(asked(client)))[..., 3])


def test_json_where_the_client_asks_for_it(client: httpx.Client) -> None:
    plain = asked(client)
    for answer in (
        client.post(URL, files={"image_file": PICTURE}, data={"size": "auto"}, headers={"Accept": "application/json"}),
        asked(client, format="json"),
    ):
        data = answer.json()["data"]
        assert base64.b64decode(data["result_b64"]) == plain.content
        for side in ("top", "left", "width", "height"):
            assert data[f"foreground_{side}"] == int(answer.headers[f"x-foreground-{side}"])
    asked_for_a_picture = client.post(URL, files={"image_file": PICTURE}, headers={"Accept": "image/*"})
    assert asked_for_a_picture.headers["content-type"] == "image/png"


@pytest.mark.parametrize(("level", "there"), [("none", False), ("1", True), ("2", True), ("latest", True)])
def test_the_type_is_told_by_level(client: httpx.Client, level: str, there: bool) -> None:
    assert ("x-type" in asked(client, type_level=level).headers) == there


def test_the_type_is_the_networks_word(client: httpx.Client) -> None:
    assert asked(client, small("chelsea")).headers["x-type"] == "animal"


def test_outside_the_region_is_background(client: httpx.Client) -> None:
    alpha = np.asarray(opened(asked(client, roi="20% 0% 100% 50%")))[..., 3]
    assert alpha.shape == (256, 256)
    assert alpha[128:].max() == 0
    assert alpha[:, :51].max() == 0
    assert alpha[50, 112] > 200
    whole = asked(client, roi="0 0 100% 100%")
    assert whole.content == asked(client).content


def test_crop_cuts_to_the_subject_with_its_margin(client: httpx.Client) -> None:
    plain = asked(client)
    width, height = int(plain.headers["x-foreground-width"]), int(plain.headers["x-foreground-height"])
    cropped = opened(asked(client, crop="true"))
    assert cropped.size == (width, height)
    assert opened(asked(client, crop="true", crop_margin="10px")).size == (width + 20, height + 20)
    assert opened(asked(client, crop="true", crop_margin="10px 20px")).size == (width + 40, height + 20)
    framed = opened(asked(client, crop="true", crop_margin="1px 2px 3px 4px"))
    assert framed.size == (width + 6, height + 4)
    assert np.array_equal(np.asarray(framed)[1:-3, 4:-2], np.asarray(cropped))
    shares = opened(asked(client, crop="true", crop_margin="10%"))
    assert shares.size == (width + 2 * round(width / 10), height + 2 * round(height / 10))


def test_crop_margin_without_crop_changes_nothing(client: httpx.Client) -> None:
    assert asked(client, crop_margin="10px").content == asked(client).content


def box_of(answer: httpx.Response) -> tuple[int, int, int, int]:
    inside = np.asarray(opened(answer))[..., 3] >= 26
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_scale_is_the_share_of_the_canvas_and_centres(client: httpx.Client) -> None:
    answer = asked(client, scale="50%")
    left, top, right, bottom = box_of(answer)
    assert opened(answer).size == (256, 256)
    assert max(right - left, bottom - top) == pytest.approx(128, abs=2)
    assert left + right == pytest.approx(256, abs=3)
    assert top + bottom == pytest.approx(256, abs=3)


def test_position_is_a_share_of_the_free_room(client: httpx.Client) -> None:
    left, top, *_ = box_of(asked(client, scale="50%", position="0% 0%"))
    assert left <= 1
    assert top <= 1
    *_, right, bottom = box_of(asked(client, scale="50%", position="100%"))
    assert right >= 255
    assert bottom >= 255
    assert asked(client, position="original").content == asked(client).content


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("81d4fa", (129, 212, 250)), ("#81d4fa", (129, 212, 250)), ("fff", (255, 255, 255)), ("#0f0", (0, 255, 0)),
        ("green", (0, 128, 0)), ("0f0f", (0, 255, 0)), ("00ff00ff", (0, 255, 0)),
    ],
)  # fmt: skip
def test_a_colour_lies_behind(client: httpx.Client, text: str, colour: tuple[int, int, int]) -> None:
    pixels = np.asarray(opened(asked(client, bg_color=text, format="png")))
    assert pixels.shape == (256, 256, 3)
    assert tuple(pixels[20, 60]) == colour


def test_a_colour_with_opacity_lets_through(client: httpx.Client) -> None:
    pixels = np.asarray(opened(asked(client, bg_color="#ff000080")))
    assert tuple(pixels[20, 60]) == (255, 0, 0, 128)
    assert pixels[50, 112, 3] == 255


def test_a_picture_lies_behind_and_covers(client: httpx.Client, pictures: Sources) -> None:
    halves = np.zeros((100, 400, 3), np.uint8)
    halves[:, 200:] = (0, 0, 255)
    answer = client.post(
        URL,
        files={"image_file": PICTURE, "bg_image_file": ("b.png", encoded(halves, "PNG"))},
        data={"size": "auto", "format": "png"},
    )
    pixels = np.asarray(opened(answer))
    assert tuple(pixels[10, 20]) == (0, 0, 0)
    assert tuple(pixels[10, 236]) == (0, 0, 255)
    behind = asked(client, bg_image_url=pictures.url + "/picture.jpg", format="png")
    assert opened(behind).size == (256, 256)


def test_a_shadow_lies_beneath(client: httpx.Client) -> None:
    plain = np.asarray(opened(asked(client, scale="60%")))[..., 3]
    for fields in ({"add_shadow": "true"}, {"shadow_type": "drop", "shadow_opacity": "80"}):
        shaded = np.asarray(opened(sent(client, {"scale": "60%"} | fields)))[..., 3]
        assert (shaded >= plain).all()
        assert shaded.sum(dtype=int) > plain.sum(dtype=int) * 1.01
    assert asked(client, shadow_type="none").content == asked(client).content


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": "huge"}, "invalid_size"), ({"format": "bmp"}, "invalid_format"), ({"type": "fish"}, "invalid_type"),
        ({"type_level": "9"}, "invalid_type_level"), ({"channels": "cmyk"}, "invalid_channels"),
        ({"roi": "1 2"}, "invalid_roi"), ({"roi": "a b c d"}, "invalid_roi"), ({"roi": "5 5 9 9"}, "invalid_roi"),
        ({"roi": "0px 0px 9999px 9px"}, "roi_exceeds_bounds"), ({"roi": "0% 0% 101% 9%"}, "invalid_roi"),
        ({"roi": "50% 50% 50% 90%"}, "roi_region_empty"), ({"roi": "90% 0% 10% 100%"}, "roi_region_empty"),
        ({"crop": "maybe"}, "invalid_crop"), ({"crop_margin": "51%"}, "invalid_crop_margin"),
        ({"crop_margin": "501px"}, "invalid_crop_margin"), ({"crop_margin": "1px 2px 3px"}, "invalid_crop_margin"),
        ({"scale": "9%"}, "invalid_scale"), ({"scale": "101%"}, "invalid_scale"), ({"scale": "50px"}, "invalid_scale"),
        ({"position": "left"}, "invalid_position"), ({"position": "101%"}, "invalid_position"),
        ({"position": "1% 2% 3%"}, "invalid_position"), ({"bg_color": "#12"}, "invalid_bg_color"),
        ({"bg_color": "nocolour"}, "invalid_bg_color"), ({"semitransparency": "2"}, "invalid_semitransparency"),
        ({"add_shadow": "x"}, "invalid_add_shadow"), ({"shadow_type": "x"}, "invalid_shadow_type"),
        ({"shadow_opacity": "101"}, "invalid_shadow_opacity"), ({"shadow_opacity": "nan"}, "invalid_shadow_opacity"),
        ({"image_file_b64": "aGk="}, "multiple_sources"),
        ({"bg_color": "red", "bg_image_url": "http://a.b/"}, "multiple_bg_sources"),
        ({"bg_image_url": "ftp://a.b/c"}, "invalid_bg_image_url"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_code(client: httpx.Client, fields: dict[str, str], code: str) -> None:
    answer = sent(client, fields)
    refused(answer, 400, code)
    for name in ("limit", "remaining", "reset"):
        assert int(answer.headers[f"x-ratelimit-{name}"]) > 0
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (b"hello", "invalid_file_type"),
        (b"%PDF-1.7 and so on", "invalid_file_type"),
        (PICTURE[:2000], "failed_to_read_image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "failed_to_read_image"),
        (encoded(np.full((64, 64, 3), 128, np.uint8)), "unknown_foreground"),
    ],
)
def test_a_bad_picture_has_its_code(client: httpx.Client, picture: bytes, code: str) -> None:
    refused(asked(client, picture), 400, code)


def test_no_picture_at_all(client: httpx.Client) -> None:
    refused(client.post(URL), 400, "missing_source")
    refused(client.post(URL, data={"size": "auto"}), 400, "missing_source")
    refused(client.post(URL, json={}), 400, "missing_source")
    two = [("image_file", ("a", PICTURE)), ("image_file", ("b", PICTURE))]
    refused(client.post(URL, files=two), 400, "multiple_sources")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/404", "failed_image_download"), ("/short", "failed_image_download"), ("/round", "failed_image_download"),
     ("/text", "invalid_file_type"), ("/drip", "failed_image_download"), ("/endless", "failed_image_download")],
)  # fmt: skip
def test_an_address_that_gives_no_picture(client: httpx.Client, pictures: Sources, path: str, code: str) -> None:
    title = refused(client.post(URL, data={"image_url": pictures.url + path}), 400, code)
    if path == "/404":
        assert title == "Failed to download image from given image_url: HTTP Status 404"


def test_the_account_has_exactly_its_keys(client: httpx.Client) -> None:
    attributes = client.get("/v1.0/account").json()["data"]["attributes"]
    assert set(attributes) == {"credits", "api"}
    assert set(attributes["credits"]) == {"total", "subscription", "payg", "enterprise"}
    assert set(attributes["api"]) == {"free_calls", "sizes"}
    assert all(isinstance(value, float) for value in attributes["credits"].values())


def test_improve_gives_a_number_and_keeps_nothing(client: httpx.Client) -> None:
    answer = client.post("/v1.0/improve", files={"image_file": PICTURE}, data={"tag": "t", "image_filename": "a.jpg"})
    assert len(answer.json()["id"]) == 36
    refused(client.post("/v1.0/improve", data={"tag": "t"}), 400, "missing_source")


def test_metadata_stays_at_home(client: httpx.Client) -> None:
    exif = PilImage.Exif()
    exif[0x010E] = "where I live"
    told = encoded(photograph("astronaut")[::4, ::4], exif=exif.tobytes())
    assert b"where I live" in told
    for format in ("png", "jpg", "webp", "zip"):
        assert b"where I live" not in asked(client, told, format=format).content


def test_errors_are_ascii_whatever_was_sent(client: httpx.Client) -> None:
    answer = client.post(URL, content=json.dumps({"type": "\ud800ü"}), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.content.isascii()
