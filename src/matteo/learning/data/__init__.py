"""Sets of pictures and masks: found (`listing`), decoded (`decode`), handed on one at a time (`pairs`)."""

from matteo.learning.data.decode import decode
from matteo.learning.data.listing import Entry, Listing, listing
from matteo.learning.data.pair import Pair, is_held_out, shrink
from matteo.learning.data.pairs import load, pairs_of, trainable
from matteo.learning.data.stored import read_tar

__all__ = [
    "Entry",
    "Listing",
    "Pair",
    "decode",
    "is_held_out",
    "listing",
    "load",
    "pairs_of",
    "read_tar",
    "shrink",
    "trainable",
]
