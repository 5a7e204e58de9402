"""What requests may carry: bounds are held while they are read, and nothing stays."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import wait_until
from .running import Running
from .sources import small

PICTURE = small(step=4)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with small bounds."""
    from .running import started

    folder = tmp_path_factory.mktemp("narrow")
    with started(
        data=str(folder), request_mb=0.1, memory_mb=1.0, body_timeout_s=1.0, max_megapixels=0.1, threads=1, parallel=1
    ) as running:
        yield running


def raw(port: int, *parts: bytes, pause_s: float = 0) -> bytes:
    """What comes back to bytes as they are, until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(pause_s)
            data = b""
            while chunk := line.recv(65536):
                data += chunk
        except ConnectionError:
            pass
    return data


def code(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["errors"][0]["code"])


@pytest.mark.parametrize("path", ["/v1.0/removebg", "/api/cutouts"])
def test_a_file_that_is_too_large(narrow: Running, path: str) -> None:
    url = narrow.url + path
    field = "image_file" if "v1.0" in path else "file"
    big = PICTURE + bytes(100_000)
    assert code(httpx.post(url, files={field: big})) == "file_too_large"
    assert code(httpx.post(url, files={field: bytes(5_000_000)})) == "file_too_large"
    import base64

    coded = base64.b64encode(big).decode()
    for sent in ({"json": {f"{field}_b64": coded}}, {"data": {f"{field}_b64": coded}}):
        assert code(httpx.post(url, **sent)) == "file_too_large"  # type: ignore[arg-type]
    if path == "/api/cutouts":
        assert code(httpx.post(url, content=big, headers={"Content-Type": "image/jpeg"})) == "file_too_large"


def test_a_body_without_a_length_is_bounded_too(narrow: Running) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield bytes(10_000)

    headers = {"Content-Type": "image/png"}
    assert code(httpx.post(narrow.url + "/api/cutouts", content=endless(), headers=headers)) == "file_too_large"
    wait_until(lambda: narrow.service.memory.held == 0)


def test_more_pixels_than_allowed_are_never_decoded(narrow: Running) -> None:
    """A bomb: a few kilobytes that would be 400 megapixels."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )
    assert code(httpx.post(narrow.url + "/v1.0/removebg", files={"image_file": bomb})) == "resolution_too_high"
    assert code(httpx.post(narrow.url + "/api/cutouts", files={"file": bomb})) == "resolution_too_high"
    behind = {"image_file": PICTURE, "bg_image_file": bomb}
    assert code(httpx.post(narrow.url + "/v1.0/removebg", files=behind)) == "resolution_too_high"


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"
FIELD = b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
DAMAGED = [
    ("multipart/form-data", b"x"), ("multipart/form-data; boundary=", b"x"), (MULTIPART, b"x"),
    (MULTIPART, b"--a\r\n\r\nx"), (MULTIPART, b"--a\r\nA: b\r\n\r\nx\r\n--a--"), (MULTIPART, FIELD + b"auto"),
    (MULTIPART, FIELD.replace(b'"x"', b'"' + b"n" * 300 + b'"') + b"x\r\n--a--"),
    (MULTIPART, b"--a\r\n" + b"H" * 9000 + b": x\r\n\r\nx\r\n--a--"), (MULTIPART, (FIELD + b"1\r\n") * 200 + b"--a--"),
    (MULTIPART, FIELD + b"y" * 9000 + b"\r\n--a--\r\n"), ("application/json", b"{"), ("application/json", b"[1]"),
    ("application/json", b"[" * 100_000), ("application/json", b'{"size": {"a": 1}}'),
    ("application/json", b"\xff\xfe"),
    ("application/json", b"null"), ("application/json", b'{"a": ' + b"9" * 5000 + b"}"),
    ("application/json", b'{"size": "' + b"a" * 9000 + b'"}'), (FORM, b"&".join(b"a%d=1" % n for n in range(200))),
    (FORM, b"size=" + b"a" * 9000), (FORM, b"%" * 800 + b"=1"), (FORM, b"image_file_b64=" + b"%41" * 100_000),
    ("application/json", b'{"a": [' + b"{}," * 20_000 + b"{}]}"),
    ("application/json", b'{"image_file_b64": "' + b"A" * 100_000 + b'\\u4e00"}'),
    ("application/json", b'{"image_file_b64": "' + b"A" * 100_000 + "\u4e00\"}".encode()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_body_is_refused_whole(narrow: Running, kind: str, body: bytes) -> None:
    answer = httpx.post(narrow.url + "/v1.0/removebg", content=body, headers={"Content-Type": kind})
    assert code(answer) == "invalid_request"


def test_several_files_for_one_field_or_too_many(narrow: Running) -> None:
    two = [("file", ("a", PICTURE)), ("file", ("b", PICTURE))]
    assert code(httpx.post(narrow.url + "/api/cutouts", files=two)) == "invalid_parameter"
    many = [(f"file{n}", ("a", b"x")) for n in range(6)]
    assert code(httpx.post(narrow.url + "/api/cutouts", files=many)) == "invalid_request"


def test_a_slow_body_is_not_waited_for(narrow: Running) -> None:
    head = b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\n"
    started = time.monotonic()
    answer = raw(narrow.port, head + b"x", pause_s=0)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 8


def test_what_was_refused_is_not_taken_for_ever(narrow: Running) -> None:
    head = b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 9999999999\r\n\r\n"
    started = time.monotonic()
    answer = raw(narrow.port, head + b"x")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"file_too_large" in answer
    assert time.monotonic() - started < 8


def test_slow_headers_are_not_waited_for(narrow: Running) -> None:
    started = time.monotonic()
    assert raw(narrow.port, b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nX-A: ") == b""
    assert time.monotonic() - started < 8
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=20) as line:
        assert line.recv(1) == b""  # nothing said, nothing waited for


def test_huge_headers_are_refused(narrow: Running) -> None:
    answer = raw(narrow.port, b"GET /health HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n")
    assert answer == b"" or b" 400 " in answer.splitlines()[0] or b" 431 " in answer.splitlines()[0]


def test_all_bodies_together_are_bounded(narrow: Running) -> None:
    """Several slow uploads hold what they sent; beyond that others are told to come back."""
    head = b"POST /v1.0/improve HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 399000\r\n\r\n"
    lines = [socket.create_connection(("127.0.0.1", narrow.port)) for _ in range(3)]
    try:
        for line in lines:
            line.sendall(head + bytes(330_000))
        wait_until(lambda: narrow.service.memory.held > 900_000, 5)
        answer = raw(narrow.port, head + bytes(200_000))
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"retry-after: " in answer
    finally:
        for line in lines:
            line.close()
    wait_until(lambda: narrow.service.memory.held == 0)


def test_a_client_that_goes_away_leaves_nothing(narrow: Running) -> None:
    head = b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 90000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", narrow.port)) as line:
        line.sendall(head + bytes(50_000))
        wait_until(lambda: narrow.service.memory.held > 0, 5)
    wait_until(lambda: narrow.service.memory.held == 0, 5)
    wait_until(lambda: narrow.service.engine.held == 0, 5)


def test_nothing_is_written_to_the_disk(
    serve: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))  # a spooled file would fail here
    running = serve()
    big = small(step=1) + bytes(3_000_000)
    answer = httpx.post(running.url + "/api/cutouts", files={"file": big}, timeout=60)
    assert answer.status_code == 200
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "fields",
    [{"effect": "sticker:100px"}, {"margin": "300%", "aspect": "20:1"}, {"effect": "rotate:45", "margin": "120%"}],
)
@pytest.mark.parametrize("behind", [{}, {"background_file": PICTURE}])
def test_no_effect_makes_a_larger_canvas_than_pictures_may_be(
    narrow: Running, fields: dict[str, str], behind: dict[str, bytes]
) -> None:
    asked = {**fields, **({"harmonize": "yes"} if behind else {})}
    answer = httpx.post(narrow.url + "/api/cutouts", data=asked, files={"file": PICTURE, **behind}, timeout=60)
    assert code(answer) in ("invalid_parameter", "invalid_request")
    assert "megapixels" in answer.text


def test_base64_is_read_however_its_letters_are_written(narrow: Running) -> None:
    import base64

    plain = base64.b64encode(PICTURE).decode()
    forms = [
        "image_file_b64=" + plain.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"),
        "image_file_b64=" + "%0D%0A".join(plain[n : n + 76] for n in range(0, len(plain), 76)).replace("+", "%2b"),
    ]
    for form in forms:
        answer = httpx.post(narrow.url + "/v1.0/removebg", content=form, headers={"Content-Type": FORM}, timeout=60)
        assert answer.status_code == 200, answer.text
    escaped = '{"image_file_b64": "' + plain.replace("+", "\\u002B").replace("/", "\\/") + '"}'
    answer = httpx.post(
        narrow.url + "/v1.0/removebg", content=escaped, headers={"Content-Type": "application/json"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
