"""What a request carries: fields and files of a form, of JSON, or a picture as it is; bounded while it is read.

Nothing goes to the disk: a body is held in memory, and all bodies together within `memory_mb`.
"""

from matteo.server.body.held import Lease, Memory
from matteo.server.body.kept import FIELDS, FORM_BYTES, LONGEST_FIELD, Body, Bounds, Upload, too_large
from matteo.server.body.read import read_body

__all__ = [
    "FIELDS", "FORM_BYTES", "LONGEST_FIELD", "Body", "Bounds", "Lease", "Memory", "Upload", "read_body", "too_large",
]  # fmt: skip
