"""The public names, kept by hand: a change here is a change for users and belongs into CHANGELOG.md."""

import inspect

import matteo

NAMES = [
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


def test_the_names_are_these_and_sorted() -> None:
    assert matteo.__all__ == sorted(NAMES)
    assert dir(matteo) == matteo.__all__


def test_every_name_is_there_and_says_what_it_is() -> None:
    for name in matteo.__all__:
        value = getattr(matteo, name)
        if name != "__version__":
            assert inspect.getdoc(value), f"{name} has no docstring"


def test_every_error_has_one_root() -> None:
    errors = [v for n in matteo.__all__ if isinstance(v := getattr(matteo, n), type) and issubclass(v, Exception)]
    assert len(errors) > 10
    assert all(issubclass(error, matteo.MatteoError) for error in errors)
