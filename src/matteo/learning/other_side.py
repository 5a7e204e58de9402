"""A network at another size by a name of its own: a second card beside the same file.

    python -m matteo.learning.other_side --card src/matteo/models/weights/matteo.json --name matteo-fast --side 256 \
        --score "ECSSD max F=0.9110"

The network takes any size that is a multiple of 32, and was trained at several: a smaller one costs less time and the
finest parts of the alpha, and not a byte more to ship. It looks once.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from matteo.errors import UsageError
from matteo.learning.export import score
from matteo.models.card import ModelCard, from_json, to_json
from matteo.picture.write import publish


def write_other_side(path: Path, name: str, side: int, scores: Mapping[str, float]) -> ModelCard:
    """Writes name.json beside the card at `path`, for the same file at side x side pixels. scores: at that size.

    Raises UsageError for a side that the network does not take and for the card's own name, ModelError where there is
    no card, OutputError where none can be written.
    """
    card = from_json(path)
    if side < card.multiple or side % card.multiple:
        raise UsageError(f"{card.name} takes multiples of {card.multiple}, not {side}")
    if name == card.name:
        raise UsageError(f"{name} is the card's own name: choose another")
    other = replace(card, name=name, side=side, looks=1, scores=dict(scores) or None)
    publish(to_json(other).encode(), path.with_name(f"{name}.json"), overwrite=True)
    return other


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a second card for a network's file, at another size.")
    parser.add_argument("--card", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--score", type=score, action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    write_other_side(options.card, options.name, options.side, dict(options.score))


if __name__ == "__main__":
    main()
