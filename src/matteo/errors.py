"""Every error that matteo raises on purpose, one tree:

MatteoError
├── PictureError            a picture that cannot be read or written, or cut out as asked
│   ├── UnreadablePicture     damaged, truncated, or no picture at all
│   ├── UnsupportedFormat     a picture, but of a kind that is not read or written here
│   ├── LimitExceeded         larger than the limits allow (pixels, bytes, frames)
│   ├── NoScreen              none of one colour behind the subject, which a key needs
│   └── OutputError           cannot be written: no room, no right, no such folder
│       └── OutputExists        would overwrite something
├── ModelError              a network that cannot be used
│   ├── UnknownModel          no such name, no such file
│   ├── WeightsUnavailable    not on this machine and not to be fetched
│   ├── WeightsDamaged        the bytes are not those that the card names
│   └── ProviderUnavailable   the provider asked for cannot run here
├── BatchError              a folder run that cannot start (a lock, a clash, a damaged manifest)
├── DataError               a set of pictures and masks that cannot be learned from or measured on
├── MissingExtra            an optional part is not installed
└── UsageError              an option that makes no sense; also a ValueError

try:
    matteo.remove("photo.jpg")
except matteo.MatteoError as error:
    print(error)          # one line: what is wrong, and the remedy
"""


class MatteoError(Exception):
    """Base of all. Its text is one line for a person: what is wrong and what to do."""


class PictureError(MatteoError):
    """A picture that cannot be read or written, or cut out as asked."""


class UnreadablePicture(PictureError):
    """Damaged, truncated, or no picture at all."""


class UnsupportedFormat(PictureError):
    """A picture of a kind that is not read or not written here."""


class LimitExceeded(PictureError):
    """Larger than the limits of the reader allow."""


class NoScreen(PictureError):
    """No screen of one colour behind the subject, which a key needs."""


class OutputError(PictureError):
    """The output cannot be written."""


class OutputExists(OutputError):
    """The output is there already and overwriting was not asked for."""


class ModelError(MatteoError):
    """A network that cannot be used."""


class UnknownModel(ModelError):
    """No model of that name, or no file at that path."""


class WeightsUnavailable(ModelError):
    """The weights are not on this machine and cannot be fetched."""


class WeightsDamaged(ModelError):
    """The bytes of the weights are not those that the card names."""


class ProviderUnavailable(ModelError):
    """The execution provider asked for cannot run on this machine."""


class BatchError(MatteoError):
    """A folder run that cannot start."""


class DataError(MatteoError):
    """A set of pictures and masks that cannot be learned from or measured on."""


class MissingExtra(MatteoError):
    """An optional part of matteo is not installed. The text gives the install line."""


class UsageError(MatteoError, ValueError):
    """An option or argument that makes no sense."""
