"""A layer with the name that layered files give it."""

from __future__ import annotations

from dataclasses import dataclass

from matteo.picture.image import Image


@dataclass(frozen=True, repr=False)
class Drawn(Image):
    """What an effect draws beneath a subject, by what it is: "contact shadow", "outline"."""

    name: str = "layer"
