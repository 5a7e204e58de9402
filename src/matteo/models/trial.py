"""Whether a stranger's ONNX file does what its card says: it is loaded by itself and run once on a picture."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matteo.errors import ModelError
from matteo.models.card import ModelCard
from matteo.models.fit import fit
from matteo.models.session import Session

SLACK = 0.01  # how far outside [0, 1] an alpha may be by its arithmetic


def try_out(onnx: Path, card: ModelCard) -> None:
    """Raises ModelError where the file cannot be loaded alone, does not run at the card's size, or gives no alpha."""
    with tempfile.TemporaryDirectory(prefix="matteo-") as folder:
        copy = Path(shutil.copy(onnx, Path(folder) / "net.onnx"))
        try:
            session = Session(copy, card)
        except ModelError as error:
            reason = str(error).replace(str(copy), str(onnx))
            raise ModelError(f"{reason}; if its weights lie in a second file, save it as one file") from error
        fitted = fit(disc(), card)
        output = session.run(fitted.tensor)
    fitted.coarse_alpha(output, card)  # of the picture's size, or an error
    _check_range(output, card)


def input_side(onnx: Path) -> int | None:
    """The side in pixels that a file was made for; None where it takes any. ModelError: no network."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no public base class
        raise ModelError(f"{onnx} cannot be loaded: {(str(error).splitlines() or ['?'])[0]}") from error
    shape = session.get_inputs()[0].shape
    height, width = shape[-2:] if len(shape) == 4 else (None, None)
    if isinstance(height, int) and isinstance(width, int) and height != width:
        raise ModelError(f"{onnx} sees {width} x {height} pixels only; matteo runs square ones or those of any size")
    return height if isinstance(height, int) else width if isinstance(width, int) else None


def disc() -> NDArray[np.uint8]:
    """A bright disc on a dark slope, 120 x 160 x 3."""
    ys, xs = np.mgrid[0:120, 0:160]
    inside = (ys - 60) ** 2 + (xs - 80) ** 2 < 40**2
    grey = np.where(inside, 220, xs // 3).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _check_range(output: NDArray[np.float32], card: ModelCard) -> None:
    low, high = float(output.min()), float(output.max())
    if not np.isfinite([low, high]).all():
        raise ModelError(f"{card.name} gives values that are no numbers, on a plain picture")
    within = low >= -SLACK and high <= 1 + SLACK
    if card.output == "alpha" and not within:
        raise ModelError(f"{card.name} gives values from {low:.3g} to {high:.3g}, no alpha: its output may be logits")
    if card.output == "logits" and within:
        raise ModelError(f"{card.name} gives values from {low:.3g} to {high:.3g} only: its output seems to be alpha")
