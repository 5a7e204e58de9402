"""Layered files, opened again by other readers: what they flatten to is our own composite."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from matteo.errors import UnsupportedFormat, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata
from matteo.picture.layers import exr, ora, psd
from matteo.picture.layers.drawn import Drawn
from matteo.picture.layers.stack import Layer, Stack, encode, names_of, stack_of

from ..made import display_p3, ellipse, noise, smooth

DEPTHS = [np.uint8, np.uint16]
DEEP = {np.uint8: 255.0, np.uint16: 65535.0}


def stack(dtype: Any = np.uint8, *, see_through: bool = True) -> Stack:
    """An original that is hidden, a ground or a shadow, and a subject under its mask."""
    below = ellipse()[::-1] * np.float32(0.5) if see_through else None
    return Stack(
        (
            Layer("original", noise(dtype=dtype), visible=False),
            Layer("drop shadow", noise(dtype=dtype, seed=2), below),
            Layer("subject ü", noise(dtype=dtype, seed=1), ellipse(), masked=True),
        ),
        Metadata(icc=display_p3(), dpi=(300, 240)),
    )


def expected(stack: Stack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Colour and alpha in [0, 1] by the textbook, in double precision."""
    _, below, subject = stack.layers
    top = float(np.iinfo(subject.rgb.dtype).max)
    under = np.ones((40, 60)) if below.opacity is None else below.opacity.astype(float)
    assert subject.opacity is not None
    own = subject.opacity.astype(float)
    alpha = own + under * (1 - own)
    premultiplied = subject.rgb / top * own[..., None] + below.rgb / top * (under * (1 - own))[..., None]
    colour = np.divide(premultiplied, alpha[..., None], out=np.zeros_like(premultiplied), where=alpha[..., None] > 0)
    return colour, alpha


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("see_through", [True, False])
def test_flattened_is_the_textbooks_over(dtype: Any, see_through: bool) -> None:
    given = stack(dtype, see_through=see_through)
    flat = given.flattened()
    colour, alpha = expected(given)
    assert (flat.opacity is not None) == see_through
    if flat.opacity is not None:
        assert np.abs(flat.opacity - alpha).max() < 1e-6
    assert (np.abs(flat.rgb - colour * DEEP[dtype]) * (alpha > 0)[..., None]).max() <= 0.51
    only = given.layers[2].opacity == 1
    assert np.array_equal(flat.rgb[only], given.layers[2].rgb[only])


def test_layers_of_two_sizes_are_refused() -> None:
    with pytest.raises(UsageError, match="one size and depth"):
        Stack((Layer("a", noise()), Layer("b", noise(20, 20))))


def test_psd_of_8_bits_in_pillow() -> None:
    given = stack(see_through=False)
    image = PIL.Image.open(io.BytesIO(psd.encode(given)))
    assert (image.format, image.mode, image.size) == ("PSD", "RGB", (60, 40))
    assert image.info["icc_profile"] == given.metadata.icc
    colour, _ = expected(given)
    assert np.abs(np.asarray(image) - colour * 255).max() <= 1


def test_a_see_through_psd_in_pillow_lies_on_white() -> None:
    given = stack()
    image = np.asarray(PIL.Image.open(io.BytesIO(psd.encode(given)))).astype(float)
    colour, alpha = expected(given)
    assert np.abs(image[..., 3] - alpha * 255).max() <= 0.51
    assert np.abs(image[..., :3] - (colour * alpha[..., None] + 1 - alpha[..., None]) * 255).max() <= 1


@pytest.mark.parametrize("dtype", DEPTHS)
def test_psd_layers_in_psd_tools(dtype: Any) -> None:
    from psd_tools import PSDImage

    given, step = stack(dtype), 1 / DEEP[dtype]
    document = PSDImage.open(io.BytesIO(psd.encode(given)))
    assert (document.depth, document.size) == (given.depth, (60, 40))
    layers = list(document)
    assert [layer.name for layer in layers] == ["original", "drop shadow", "subject ü"]
    assert [layer.visible for layer in layers] == [False, True, True]
    assert [layer.has_mask() for layer in layers] == [False, False, True]
    for layer, own in zip(layers, given.layers, strict=True):
        found = layer.numpy("color")
        assert found is not None
        assert np.abs(found - own.rgb * step).max() < step / 2  # uncut, also below the mask
    mask = layers[2].numpy("mask")
    assert mask is not None
    assert np.abs(mask[..., 0] - ellipse()).max() <= step * 0.51
    merged = document.numpy()
    colour, alpha = expected(given)
    assert np.abs(merged[..., 3] - alpha).max() <= step
    shown = merged[..., :3] * merged[..., 3:] + 1 - merged[..., 3:]  # psd-tools takes the white out
    assert np.abs(shown - (colour * alpha[..., None] + 1 - alpha[..., None])).max() <= 1 / 255


def test_the_merged_picture_of_a_deep_psd_by_hand() -> None:
    """Pillow reads no 16-bit PSD: the bytes are followed as the format's description has them."""
    given = stack(np.uint16, see_through=False)
    data = psd.encode(given)
    magic, version, channels, height, width, depth, mode = struct.unpack_from(">4sH6xHIIHH", data)
    assert (magic, version, channels, height, width, depth, mode) == (b"8BPS", 1, 3, 40, 60, 16, 3)
    at = 26
    for _ in range(3):  # colour mode data, resources, layers
        at += 4 + struct.unpack_from(">I", data, at)[0]
    assert struct.unpack_from(">H", data, at) == (0,)
    planes = np.frombuffer(data, ">u2", offset=at + 2).reshape(3, 40, 60)
    colour, _ = expected(given)
    assert np.abs(planes.transpose(1, 2, 0) - colour * 65535).max() <= 0.51


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("see_through", [True, False])
def test_psd_flattened_by_psd_tools_is_our_composite(dtype: Any, see_through: bool) -> None:
    """It lays the layers over one another itself, through the mask: the merged picture in the file is not looked at."""
    from psd_tools import PSDImage
    from psd_tools.composite import composite as flattened_by_psd_tools

    given = stack(dtype, see_through=see_through)
    document = PSDImage.open(io.BytesIO(psd.encode(given)))
    found, _, opacity = flattened_by_psd_tools(document, color=0.0, alpha=0.0, force=True)
    colour, alpha = expected(given)
    assert np.abs(opacity[..., 0] - alpha).max() <= 1 / 255
    assert (np.abs(found - colour) * alpha[..., None]).max() <= 1 / 255


def test_psd_says_its_resolution() -> None:
    from psd_tools import PSDImage
    from psd_tools.constants import Resource

    held = PSDImage.open(io.BytesIO(psd.encode(stack()))).image_resources[Resource.RESOLUTION_INFO].data
    assert (held.horizontal, held.vertical) == (300 * 65536, 240 * 65536)


def test_a_psd_has_a_longest_side() -> None:
    with pytest.raises(UnsupportedFormat, match="30000 at most a side"):
        psd.encode(Stack((Layer("long", np.zeros((1, 30001, 3), np.uint8)),)))


@pytest.mark.parametrize("dtype", DEPTHS)
def test_openraster_by_its_specification(dtype: Any) -> None:
    given = stack(dtype)
    data = ora.encode(given)
    assert data[30:54] == b"mimetypeimage/openraster"  # right behind the first local header, not compressed
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        root = ElementTree.fromstring(file.read("stack.xml"))
        merged = _values(file.read("mergedimage.png"), dtype)
        pictures = {name: _values(file.read(name), dtype) for name in file.namelist() if name.startswith("data/")}
        thumbnail = PIL.Image.open(io.BytesIO(file.read("Thumbnails/thumbnail.png")))
        profile = PIL.Image.open(io.BytesIO(file.read("data/layer2.png"))).info["icc_profile"]
    assert (root.tag, root.attrib["w"], root.attrib["h"], root.attrib["xres"]) == ("image", "60", "40", "300")
    listed = root.findall("./stack/layer")
    assert [one.attrib["name"] for one in listed] == ["subject ü", "drop shadow", "original"]  # top first
    assert [one.attrib["visibility"] for one in listed] == ["visible", "visible", "hidden"]
    assert profile == given.metadata.icc
    top = DEEP[dtype]
    for one, own in zip(reversed(listed), given.layers, strict=True):
        assert np.array_equal(pictures[one.attrib["src"]][..., :3], own.rgb)
    colour, alpha = expected(given)
    assert np.abs(merged[..., 3] - alpha * top).max() <= 0.51
    assert (np.abs(merged[..., :3] - colour * top) * (alpha > 0)[..., None]).max() <= 0.51
    assert max(thumbnail.size) <= 256


def test_openraster_flattened_by_pillow_is_our_composite() -> None:
    given = stack()
    canvas = PIL.Image.new("RGBA", (60, 40))
    with zipfile.ZipFile(io.BytesIO(ora.encode(given))) as file:
        for one in reversed(ElementTree.fromstring(file.read("stack.xml")).findall("./stack/layer")):
            if one.attrib["visibility"] == "visible":
                layer = PIL.Image.open(io.BytesIO(file.read(one.attrib["src"])))
                canvas = PIL.Image.alpha_composite(canvas, layer.convert("RGBA"))
    colour, alpha = expected(given)
    found = np.asarray(canvas) / 255
    assert np.abs(found[..., 3] - alpha).max() <= 1 / 255
    assert (np.abs(found[..., :3] - colour) * alpha[..., None]).max() <= 1 / 255


def _values(data: bytes, dtype: Any) -> NDArray[Any]:
    """Pillow for 8 bits; it has no 16, which OpenCV reads."""
    import cv2

    if dtype == np.uint8:
        image = np.asarray(PIL.Image.open(io.BytesIO(data)))
    else:
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert read is not None
        image = cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA if read.shape[2] == 4 else cv2.COLOR_BGR2RGB)
    assert image.dtype == dtype
    return image


def test_a_large_pictures_thumbnail_keeps_its_aspect_and_its_edges() -> None:
    alpha = np.zeros((600, 900), np.float32)
    alpha[100:500, 200:700] = 1
    rgb = np.where(alpha[..., None] > 0, np.uint8(200), np.uint8(0)) * np.ones(3, np.uint8)
    with zipfile.ZipFile(io.BytesIO(ora.encode(Stack((Layer("subject", rgb, alpha),))))) as file:
        thumbnail = np.asarray(PIL.Image.open(io.BytesIO(file.read("Thumbnails/thumbnail.png"))))
    assert thumbnail.shape == (171, 256, 4)
    assert np.abs(thumbnail[..., :3][thumbnail[..., 3] > 0].astype(int) - 200).max() <= 1  # no dark fringe


@pytest.mark.parametrize("premultiplied", [True, False])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_exr_in_opencv(dtype: Any, premultiplied: bool, tmp_path: Path) -> None:
    given = Stack(stack(dtype).layers)  # sRGB
    path = tmp_path / "layers.exr"
    path.write_bytes(exr.encode(given, premultiplied=premultiplied))
    pixels = _by_opencv(path)
    assert pixels.dtype == np.float32
    colour, alpha = expected(given)
    assert np.abs(pixels[..., 3] - alpha).max() < 1e-3
    seen = pixels[..., :3].astype(float)
    if premultiplied:
        assert (pixels[alpha == 0] == 0).all()
        seen = np.divide(seen, alpha[..., None], out=np.zeros_like(seen), where=alpha[..., None] > 0)
    solid = alpha > 0.1
    assert np.abs(_encoded(seen) - colour)[solid].max() <= 1 / 255


def _by_opencv(path: Path) -> NDArray[np.float32]:
    """In a process of its own: OpenCV looks for the permission to read EXR once, when it is loaded."""
    import subprocess
    import sys

    code = (
        "import cv2, numpy, sys; a = cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED);"
        "numpy.save(sys.argv[1] + '.npy', a[..., [2, 1, 0, 3]])"
    )
    environment = os.environ | {"OPENCV_IO_ENABLE_OPENEXR": "1"}
    subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True)
    found: NDArray[np.float32] = np.load(f"{path}.npy")
    return found


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB's curve, IEC 61966-2-1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def test_exr_names_its_alpha_its_primaries_and_its_layers() -> None:
    import OpenEXR

    for premultiplied, said in ((True, "premultiplied"), (False, "straight")):
        file = OpenEXR.File(io.BytesIO(exr.encode(stack(), premultiplied=premultiplied)))
        header = file.header()
        assert header["comments"].startswith(said)
        assert np.allclose(header["chromaticities"], exr.REC709)
        assert {name.partition(".")[0] for name in file.channels()} == {"RGBA", "subject_ü", "drop_shadow"}


def test_exr_layers_of_one_name_stay_apart() -> None:
    import OpenEXR

    layers = tuple(Layer("me. too", noise(seed=n), ellipse()) for n in range(3))
    channels = OpenEXR.File(io.BytesIO(exr.encode(Stack(layers)))).channels()
    assert {"me_too", "me_too_again1", "me_too_again2"} < {name.partition(".")[0] for name in channels}


def test_exr_keeps_what_display_p3_has_and_srgb_has_not() -> None:
    red = Image(np.full((1, 1, 3), (255, 0, 0), np.uint8), metadata=Metadata(icc=display_p3()))
    found = exr.linear_light(red)[0, 0]
    assert np.allclose(found, (1.2249, -0.0420, -0.0197), atol=0.003)  # P3's red on sRGB's primaries
    assert np.allclose(exr.linear_light(Image(smooth()))[0, -1, 0], 1, atol=1e-4)


def cutout(dtype: Any = np.uint8) -> Cutout:
    original = Image(noise(dtype=dtype), metadata=Metadata(icc=display_p3()))
    rgb = np.where(ellipse()[..., None] > 0, original.rgb, original.rgb.dtype.type(0))
    shadow = Drawn(np.zeros_like(rgb), ellipse()[::-1] * np.float32(0.5), name="drop shadow")
    return Cutout(rgb, ellipse(), metadata=original.metadata, under=(shadow,), source=original)


@pytest.mark.parametrize("dtype", DEPTHS)
def test_a_cut_out_saved_by_suffix_keeps_its_original_and_its_uncut_pixels(dtype: Any, tmp_path: Path) -> None:
    from psd_tools import PSDImage

    given = cutout(dtype)
    given.save(tmp_path / "a.psd")
    layers = list(PSDImage.open(tmp_path / "a.psd"))
    assert [(layer.name, layer.visible) for layer in layers] == [
        ("original", False), ("drop shadow", True), ("subject", True),
    ]  # fmt: skip
    uncut = layers[2].numpy("color")
    assert uncut is not None
    assert given.source is not None
    assert np.abs(uncut * DEEP[dtype] - given.source.rgb).max() < 0.01


def test_a_layered_file_flattens_to_what_a_png_of_the_cut_out_shows() -> None:
    given = cutout()
    png = np.asarray(PIL.Image.open(io.BytesIO(given.encode("png")))).astype(float)
    with zipfile.ZipFile(io.BytesIO(given.encode("ora"))) as file:
        merged = np.asarray(PIL.Image.open(io.BytesIO(file.read("mergedimage.png"))))
    assert np.array_equal(png, merged)
    white = np.asarray(PIL.Image.open(io.BytesIO(given.over("white").encode("psd"))))
    on_white = np.asarray(PIL.Image.open(io.BytesIO(given.encode("psd"))))
    assert np.abs(white.astype(int) - on_white[..., :3]).max() <= 1


def test_what_holds_no_layers_is_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="use psd, ora or exr"):
        encode(cutout(), "png")


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("format", ["psd", "ora", "exr"])
def test_where_no_layer_is_visible_nothing_is_seen(dtype: Any, format: str) -> None:
    hidden = Stack((Layer("a", noise(dtype=dtype), visible=False),))
    flat = hidden.flattened()
    assert flat.opacity is not None
    assert not flat.opacity.any()
    assert flat.size_hw == (40, 60)
    assert flat.rgb.dtype == dtype
    assert encode(hidden, format)


def test_exr_of_a_large_picture_is_filled_in_strips() -> None:
    image = Image(np.full((1500, 1500, 3), 90, np.uint8), np.full((1500, 1500), 0.5, np.float32))
    tracemalloc.start()
    planes = exr._channels("", image, True, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {plane.dtype for plane in planes.values()} == {np.dtype(np.float16)}
    assert peak < 20 * 1500 * 1500  # bytes: 8 a pixel are the planes themselves; all as floats took 36


def test_layers_are_called_by_what_they_are() -> None:
    images = [Drawn(noise(), name=name) for name in ("outline", "glow", "outline", "outline")]
    assert names_of([*images, Image(noise())]) == ["outline", "glow", "outline 2", "outline 3", "layer"]


def test_below_the_mask_is_the_photograph_but_in_the_soft_edge_the_subjects_own_colour() -> None:
    given = replace(cutout(), rgb=np.full((40, 60, 3), 77, np.uint8))
    assert given.source is not None
    subject = stack_of(given).layers[-1].rgb
    assert np.array_equal(subject[given.alpha == 0], given.source.rgb[given.alpha == 0])
    assert (subject[given.alpha > 0] == 77).all()


@pytest.mark.parametrize("name", ["人物", "n" * 400, "ü"])
def test_a_psd_takes_any_name(name: str) -> None:
    from psd_tools import PSDImage

    document = PSDImage.open(io.BytesIO(psd.encode(Stack((Layer(name, noise()),)))))
    assert [layer.name for layer in document] == [name]
