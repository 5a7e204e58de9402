"""What is fastened to a film as a whole: its cover picture, and files that lie in it, such as fonts for subtitles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition

from matteo.video.formats import Container
from matteo.video.media import OPTIONS

if TYPE_CHECKING:
    from av.container import OutputContainer

_COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}  # as Matroska names them


def is_cover(stream: Any) -> bool:
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def attach(path: Path, out: OutputContainer, container: Container) -> tuple[list[Any], list[str]]:
    """Give `out` what is fastened to the film at `path`: packets that are yet to be written, and what is to be said of
    what the container does not hold."""
    packets, notes = [], []
    with av.open(str(path), metadata_errors="replace", options=OPTIONS) as source:
        for stream in source.streams:
            if is_cover(stream):
                picture = next((packet for packet in source.demux(stream) if packet.size), None)
                found = None if picture is None else _covered(stream, picture, out, container)
                packets += [] if found is None else [found]
                if picture is None or (found is None and container.cover != "file"):
                    notes.append("a cover picture was left out")
            elif stream.type == "attachment":
                file: Any = stream
                if container.attachments and file.data:
                    out.add_attachment(file.name or "file", file.mimetype or "application/octet-stream", file.data)
                else:
                    notes.append(f"an attached file ({file.name}) was left out")
    return packets, notes


def _covered(stream: Any, picture: Any, out: OutputContainer, container: Container) -> Any:
    """The cover's packet, where the container holds it as a stream; as a file it is written at once."""
    if container.cover == "file":
        out.add_attachment(*_COVERS.get(stream.codec_context.name, ("cover", "image/x-unknown")), bytes(picture))
    if container.cover != "stream" or stream.codec_context.name not in _COVERS:
        return None
    made: Any = out.add_stream_from_template(stream, opaque=True)
    made.disposition = int(stream.disposition)
    picture.stream, picture.pts, picture.dts = made, 0, 0
    return picture
