"""Requests that nobody should send, the same ones for a seed: hundreds for the suite, thousands for the benchmark."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import numpy as np

from .sources import encoded, small
from .test_fetch import TARGETS

NASTY = [
    "", " ", "0", "-1", "1e999", "nan", "inf", "9" * 400, "\x00", "a\x00b", "../../etc/passwd", "/etc/passwd", "%s%n%x",
    "{{7*7}}", "<script>", "'; DROP TABLE jobs;--", "\u202e", "\U0001f600", "\ud800", "true", "null", "[]", "{}",
    "a" * 8000,
    "0x7f000001", "1 2 3 4", "100% 100% 0% 0%", "-5px -5px 5px 5px", "1e3px", "50%", "99999px", "0%", "rgb(1,2,3)",
    "#12345",
    "rgb(999,0,0)", "blur:1e9", "gradient:" + ",".join(["red"] * 300), "tile:", "cover:x", "crop:fill=1e-9",
    "crop:margin=10",
    "sticker:1000", "outline:99%", "place:scale=100", "rotate:45", "rotate:1e308", "avatar", "pattern:checks",
    "headshot",
    "shadow:cast,length=3", "place:size=1x1", "align:size=1x30000", "place:size=30000x30000", "1x1", "0x0",
    "20000x20000",
]  # fmt: skip
DIALECT = (
    "size", "type", "type_level", "format", "roi", "crop", "crop_margin", "scale", "position", "channels", "add_shadow",
    "shadow_type", "shadow_opacity", "semitransparency", "bg_color", "bg_image_url", "image_url", "image_file_b64", "x",
)  # fmt: skip
OWN = (
    "background", "fill", "size", "aspect", "margin", "position", "shadow", "outline", "glow", "harmonize", "light",
    "effect",
    "preset", "edges", "format", "quality", "grow", "shrink", "feather", "untint", "transparency", "keep_hidden",
    "alpha_only", "strip", "background_fit", "background_url", "url", "file_b64", "mask_b64", "straight", "fish",
)  # fmt: skip
KINDS = [
    "multipart/form-data", "multipart/form-data; boundary=b", "application/json", "application/x-www-form-urlencoded",
    "image/png", "application/octet-stream", "text/html", "application/json; charset=utf-16", "a/b/c; d", "?",
    "multipart/form-data; boundary=" + "b" * 300, "multipart/mixed; boundary=b", "",
]  # fmt: skip
PATHS = [
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/api/jobs/../../secret",
    "/api/jobs/%00",
    "/api/jobs/" + "a" * 5000, "/api/jobs/x/results/../../../keys.json", "/api/jobs/x/results/%2e%2e", "//etc/passwd",
    "/api/jobs/AAAAAAAAAAAAAAAAAAAAAA/results/0?expires=9999999999&signature=\u00e9", "/api/jobs/;/events", "/%ff%fe",
    "/api/jobs/AAAAAAAAAAAAAAAAAAAAAA/results/99999999999999999999", "/.git/config", "/v1.0/../api/models", "/v1.0/",
    "/api/docs/../../secret", "/api/jobs/AAAAAAAAAAAAAAAAAAAAAA?" + "a=1&" * 900,
]  # fmt: skip
HEADERS = [
    {"X-Forwarded-For": "127.0.0.1, " * 500}, {"X-Forwarded-For": "\x7f"}, {"Authorization": "Bearer " + "a" * 9000},
    {"X-Api-Key": "mtt_a_b"}, {"Accept": "application/json;q=" + "9" * 500}, {"Content-Length": "-5"},
    {"Content-Length": "99999999999999999999"}, {"Transfer-Encoding": "gzip"}, {"Expect": "100-continue"},
    {"Content-Encoding": "gzip"}, {"Range": "bytes=0-"}, {"Origin": "null"}, {"X-A": "b" * 60_000},
    {"Upgrade": "websocket"},
    {"Host": ""}, {"Cookie": "a=" + "b" * 9000}, {"Last-Event-ID": "\u00e9"},
]  # fmt: skip


DROPS = 12
CHUNKED = b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
ADDRESSES = [
    ("/v1.0/removebg", "image_url"), ("/api/cutouts", "url"), ("/v1.0/removebg", "bg_image_url"),
    ("/api/cutouts", "background_url"), ("/v1.0/improve", "image_url"), ("/api/jobs", "webhook"),
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One request. raw: bytes as they go over the line, in place of all the rest; with pauses of pause_s between its
    pieces. stalls: the client then waits as if more were to come."""

    name: str
    method: str = "POST"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    pause_s: float = 0.0
    stalls: bool = False


def cases(count: int, seed: int, port: int) -> Iterator[Case]:
    """As many as asked for. port: where a server waits that no case may reach."""
    pictures = _pictures()
    makers: list[Callable[[random.Random], Case]] = [
        lambda rng: _damaged(rng, pictures), lambda rng: _damaged(rng, pictures), lambda rng: _bomb(rng),
        lambda rng: _fields(rng, pictures), lambda rng: _fields(rng, pictures), lambda rng: _json(rng, pictures),
        _body, lambda rng: _target(rng, port, pictures), _path, lambda rng: _headers(rng, pictures), _raw,
        lambda rng: _slow(rng, pictures),
    ]  # fmt: skip
    for n in range(count):
        rng = random.Random(f"{seed} {n}")
        yield makers[n % len(makers)](rng)


def _pictures() -> list[bytes]:
    import io

    from PIL import Image as PilImage

    tiny = PilImage.open(io.BytesIO(small(step=8)))
    rgb = np.asarray(tiny, np.uint8)
    found = [encoded(rgb, kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF")]
    opacity = np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)])
    return [*found, encoded(opacity, "PNG"), encoded(rgb[:1, :1], "PNG"), encoded(rgb[:, :1], "PNG")]


def _form(fields: dict[str, str], files: dict[str, bytes], boundary: str = "b") -> tuple[dict[str, str], bytes]:
    parts = []
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(head.encode() + value.encode("utf-8", "surrogatepass") + b"\r\n")
    for name, data in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="../../{name}"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, b"".join(
        parts
    ) + f"--{boundary}--\r\n".encode()


def _posted(name: str, path: str, form: tuple[dict[str, str], bytes]) -> Case:
    return Case(name, path=path, headers=form[0], body=form[1])


def _place(rng: random.Random) -> tuple[str, str]:
    return rng.choice([("/v1.0/removebg", "image_file"), ("/api/cutouts", "file"), ("/v1.0/improve", "image_file")])


def _damaged(rng: random.Random, pictures: list[bytes]) -> Case:
    data = bytearray(rng.choice(pictures))
    how = rng.choice(["cut", "flip", "insert", "swap", "head"])
    if how == "cut":
        data = data[: rng.randrange(len(data))]
    elif how == "flip":
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif how == "insert":
        at = rng.randrange(len(data))
        data[at:at] = rng.randbytes(rng.randrange(200))
    elif how == "swap":
        data = data[:30] + bytearray(rng.choice(pictures))[30:]
    else:
        data = bytearray(rng.randbytes(16)) + data[16:]
    path, name = _place(rng)
    files = {name: bytes(data)}
    if rng.random() < 0.2:
        files["bg_image_file" if "v1.0" in path else "mask"] = bytes(data)
    return _posted(f"damaged {how}", path, _form({}, files))


def _bomb(rng: random.Random) -> Case:
    """A few bytes that say they are gigapixels."""
    width, height = rng.choice([(60_000, 60_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1), (30_000, 9_000), (0, 5)])
    kind = rng.choice(["png", "bmp", "gif", "tiff", "webp", "jpeg"])
    if kind == "png":
        head = struct.pack(">IIBBBBB", width, height, rng.choice([8, 16]), rng.choice([0, 2, 3, 6]), 0, 0, 0)
        rest = zlib.compress(bytes(1 << 18))
        chunks = [(b"IHDR", head), (b"IDAT", rest), (b"IEND", b"")]
        data = b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
        )
    elif kind == "bmp":
        data = b"BM" + struct.pack(
            "<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, min(width, 2**31 - 1), height, 1, 24, 0, 0, 0, 0, 0, 0
        )
    elif kind == "gif":
        data = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b"\x2c" + bytes(4)
        data += struct.pack("<HHB", 65535, 65535, 0) + b"\x08\x02\x4c\x01\x00\x3b"
    elif kind == "tiff":
        tags = [
            (256, 4, width),
            (257, 4, height),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 8),
            (277, 3, 1),
            (279, 4, 9),
        ]
        packed = b"".join(struct.pack("<HHII", tag, kind_, 1, value & 0xFFFFFFFF) for tag, kind_, value in tags)
        data = b"II*\x00" + struct.pack("<IH", 8, len(tags)) + packed + bytes(4)
    elif kind == "webp":
        data = b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff" * 6
    else:
        data = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, 65535, 65535, 3) + bytes(9) + b"\xff\xda"
    path, name = _place(rng)
    return _posted(f"bomb {kind}", path, _form({}, {name: data}))


def _values(rng: random.Random, names: tuple[str, ...]) -> dict[str, str]:
    return {rng.choice(names): rng.choice(NASTY) for _ in range(rng.randrange(1, 5))}


def _fields(rng: random.Random, pictures: list[bytes]) -> Case:
    path, name = rng.choice([("/v1.0/removebg", "image_file"), ("/api/cutouts", "file"), ("/api/jobs", "file")])
    fields = _values(rng, DIALECT if "v1.0" in path else OWN)
    return _posted("fields", path, _form(fields, {name: rng.choice(pictures[:3])}))


def _json(rng: random.Random, pictures: list[bytes]) -> Case:
    import base64

    path = rng.choice(["/v1.0/removebg", "/api/cutouts"])
    names = DIALECT if "v1.0" in path else OWN
    wild: list[object] = [*NASTY, 1, -1, 1e308, True, None, [], {}, [1], ["a", "b"], {"a": 1}, [[]], 10**400]
    sent: dict[str, object] = {rng.choice(names): rng.choice(wild) for _ in range(rng.randrange(1, 5))}
    if rng.random() < 0.7:
        sent["image_file_b64" if "v1.0" in path else "file_b64"] = base64.b64encode(rng.choice(pictures[:3])).decode()
    return Case("json", path=path, headers={"Content-Type": "application/json"}, body=json.dumps(sent).encode())


def _body(rng: random.Random) -> Case:
    path = rng.choice(["/v1.0/removebg", "/v1.0/improve", "/api/cutouts", "/api/jobs"])
    body = rng.choice([
        rng.randbytes(rng.randrange(3000)), b"--b\r\n" * rng.randrange(50), b"--b--", b"--b\r\n\r\n--b--",
        b"[" * 20_000,
        b"\xef\xbb\xbf{}", b"a=1&" * 500, b"%" * 5000,
        b'--b\r\nContent-Disposition: form-data; name=""\r\n\r\n\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename*=utf-8\'\'%ff\r\n\r\nx\r\n--b--\r\n',
    ])  # fmt: skip
    return Case("body", path=path, headers={"Content-Type": rng.choice(KINDS)}, body=body)


def _target(rng: random.Random, port: int, pictures: list[bytes]) -> Case:
    url = rng.choice(TARGETS).format(port=port)
    path, name = rng.choice(ADDRESSES)
    files = {} if name in ("image_url", "url") else {"image_file" if "v1.0" in path else "file": pictures[0]}
    return _posted("target", path, _form({name: url}, files))


def _path(rng: random.Random) -> Case:
    method = rng.choice(["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "PATCH", "BREW"])
    line = f"{method} {rng.choice(PATHS)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    return Case("path", raw=line.encode("utf-8"))


def _whole(pictures: list[bytes], more: dict[str, str]) -> bytes:
    """A request as it goes over the line, with other headers than it should have."""
    headers, body = _form({"size": "preview"}, {"image_file": pictures[0]})
    lines = {"Host": "a", "Connection": "close", "Content-Length": str(len(body)), **headers, **more}
    head = "POST /v1.0/removebg HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in lines.items()) + "\r\n"
    return head.encode("utf-8") + body


def _headers(rng: random.Random, pictures: list[bytes]) -> Case:
    return Case("headers", raw=_whole(pictures, rng.choice(HEADERS)))


def _slow(rng: random.Random, pictures: list[bytes]) -> Case:
    """One who sends in drops, or stops in the middle and holds the line."""
    whole = _whole(pictures, {})
    if rng.random() < 0.5:
        return Case("slow drops", raw=whole, pause_s=0.04)
    return Case("slow stop", raw=whole[: rng.randrange(len(whole))], stalls=True)


def _raw(rng: random.Random) -> Case:
    return Case("raw", raw=rng.choice([
        b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
        rng.randbytes(200) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n", b"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
        b"POST /v1.0/removebg HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 5000 + b"Connection: close\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]))  # fmt: skip


def answer_to(case: Case, client: httpx.Client, port: int) -> tuple[int, bytes]:
    """Status and body; status 0 where the line was closed without a word, which only nonsense deserves."""
    if case.raw is None:
        answer = client.request(case.method, case.path, headers=case.headers, content=case.body)
        return answer.status_code, answer.content
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        try:
            step = -(-len(case.raw) // DROPS) if case.pause_s else max(1, len(case.raw))
            for start in range(0, len(case.raw), step):
                line.sendall(case.raw[start : start + step])
                time.sleep(case.pause_s)
            if not case.stalls:
                line.shutdown(socket.SHUT_WR)
            while chunk := line.recv(1 << 16):
                data += chunk
        except ConnectionError:
            pass
    words = data.split(b" ", 2)
    return (int(words[1]) if data.startswith(b"HTTP/1.1 ") else 0), data.partition(b"\r\n\r\n")[2]
