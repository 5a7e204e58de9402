"""matteo takes the background out of pictures, on this machine, with a network of its own.

    import matteo

    cutout = matteo.remove("photo.jpg")
    cutout.save("photo.png")
    cutout.over("beach.jpg").save("there.jpg")

Names are loaded when first used, so that `import matteo` costs nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matteo.api import alpha, remove
    from matteo.errors import (
        BatchError,
        DataError,
        LimitExceeded,
        MatteoError,
        MissingExtra,
        ModelError,
        NoScreen,
        OutputError,
        OutputExists,
        PictureError,
        ProviderUnavailable,
        UnknownModel,
        UnreadablePicture,
        UnsupportedFormat,
        UsageError,
        WeightsDamaged,
        WeightsUnavailable,
    )
    from matteo.models.card import ModelCard
    from matteo.picture.cutout import Cutout
    from matteo.picture.image import Image, Metadata
    from matteo.picture.limits import Limits
    from matteo.picture.read import read
    from matteo.remover import Remover, Result
    from matteo.selecting.hints import Hints
    from matteo.video.cut import cut_video, iter_video

__version__ = "0.1.0"

# From 1.32 on ONNX Runtime tells its maker of every session, with the network's file name. Nothing leaves the machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOME = {
    "alpha": "api",
    "remove": "api",
    "BatchError": "errors",
    "DataError": "errors",
    "LimitExceeded": "errors",
    "MatteoError": "errors",
    "MissingExtra": "errors",
    "ModelError": "errors",
    "NoScreen": "errors",
    "OutputError": "errors",
    "OutputExists": "errors",
    "PictureError": "errors",
    "ProviderUnavailable": "errors",
    "UnknownModel": "errors",
    "UnreadablePicture": "errors",
    "UnsupportedFormat": "errors",
    "UsageError": "errors",
    "WeightsDamaged": "errors",
    "WeightsUnavailable": "errors",
    "ModelCard": "models.card",
    "Cutout": "picture.cutout",
    "Image": "picture.image",
    "Metadata": "picture.image",
    "Limits": "picture.limits",
    "read": "picture.read",
    "Hints": "selecting.hints",
    "Remover": "remover",
    "Result": "remover",
    "cut_video": "video.cut",
    "iter_video": "video.cut",
}

__all__ = [
    "BatchError",
    "Cutout",
    "DataError",
    "Hints",
    "Image",
    "LimitExceeded",
    "Limits",
    "MatteoError",
    "Metadata",
    "MissingExtra",
    "ModelCard",
    "ModelError",
    "NoScreen",
    "OutputError",
    "OutputExists",
    "PictureError",
    "ProviderUnavailable",
    "Remover",
    "Result",
    "UnknownModel",
    "UnreadablePicture",
    "UnsupportedFormat",
    "UsageError",
    "WeightsDamaged",
    "WeightsUnavailable",
    "__version__",
    "alpha",
    "cut_video",
    "iter_video",
    "read",
    "remove",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'matteo' has no attribute {name!r}")
    value = getattr(import_module(f"matteo.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
