"""What a caller hands in, in pieces and not beyond the limit."""

from __future__ import annotations

import io
import os
import tracemalloc
from pathlib import Path

import pytest

from matteo.errors import LimitExceeded, UnreadablePicture, UsageError
from matteo.picture.limits import Limits
from matteo.picture.source import CHUNK, Named, load, read_at_most


def test_a_small_file_takes_a_small_room(tmp_path: Path) -> None:
    """The limit is a GiB, and asked for that much at once Python would set it aside."""
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(3 * CHUNK + 7))
    with path.open("rb") as stream:
        for source in (path, stream):
            tracemalloc.start()
            data, _ = load(source, Limits())
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert data == path.read_bytes()
            assert most < 10 * CHUNK


def test_a_pipe_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    end, start = os.pipe()
    with os.fdopen(end, "rb", buffering=0) as reader, os.fdopen(start, "wb", buffering=0) as writer:
        writer.write(b"a" * 1000)
        writer.close()
        assert load(reader, Limits())[0] == b"a" * 1000


def test_no_more_is_read_than_asked_for() -> None:
    stream = io.BytesIO(bytes(3 * CHUNK))
    assert len(read_at_most(stream.read, CHUNK + 5)) == CHUNK + 5
    assert stream.tell() == CHUNK + 5
    with pytest.raises(LimitExceeded):
        load(io.BytesIO(bytes(CHUNK + 1)), Limits(bytes=CHUNK))
    assert len(load(io.BytesIO(bytes(CHUNK)), Limits(bytes=CHUNK))[0]) == CHUNK


def test_streams_that_give_no_bytes_are_named() -> None:
    with pytest.raises(UsageError, match="opened as text"):
        load(io.StringIO("a"), Limits())
    with pytest.raises(UsageError, match="blocking"):
        read_at_most(lambda size: None, 10, "a pipe")
    assert load(Named("me.jpg", b"abc"), Limits()) == (b"abc", "me.jpg")


@pytest.mark.parametrize(
    ("name", "said"),
    [("http://a.example/b.jpg", "addresses are not fetched"), ("b.jpg", "no such file; check the name")],
)
def test_what_is_not_there_is_told_from_what_is_elsewhere(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadablePicture, match=said):
        load(name, Limits())
