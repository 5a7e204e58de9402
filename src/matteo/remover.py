"""The pipeline, in the order it runs: read, fit, network, clean, refine, colours, cut-out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

from matteo.errors import UsageError
from matteo.matting.clean import remove_specks, settle, snap
from matteo.matting.confidence import expected_iou
from matteo.matting.foreground import estimate_foreground, hide_background
from matteo.matting.guided import guided_upsample
from matteo.models.fit import fit
from matteo.models.session import Session
from matteo.models.table import DEFAULT, find
from matteo.models.weights import Progress, weights_of
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.picture.limits import Limits
from matteo.picture.read import Source, read

Seconds: TypeAlias = dict[str, float]
T = TypeVar("T")
R = TypeVar("R")

NOTHING = "no subject found: the cut-out is empty"
ROWS = 256
UNSEEN = 128  # what the network sees where the source is transparent


@dataclass(frozen=True)
class Result:
    """One source's outcome in `Remover.map`: a cut-out, or the error that came instead."""

    source: Source
    cutout: Cutout | None = None
    error: Exception | None = None

    def unwrap(self) -> Cutout:
        """The cut-out; raises the error where there is none."""
        if self.cutout is None:
            raise self.error or RuntimeError("a result without cut-out and error")
        return self.cutout


class Remover:
    """One loaded network and what is done around it. Holds no state of a picture: share it between threads.

    model: a name (`matteo models` lists them) or the path of an ONNX file with its card beside it.
    threads: of the processor, for the network; all that this process may use where None.
    provider: what runs the network, "cpu", "cuda", …: that one, or an error that says what it lacks.
    limits: what the reader accepts. progress: called with (bytes, bytes in all) while weights are fetched.
    """

    def __init__(
        self,
        model: str | Path = DEFAULT,
        *,
        threads: int | None = None,
        provider: str = "cpu",
        limits: Limits | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.card, local = find(model)
        self.limits = limits or Limits()
        self.session = Session(weights_of(self.card, local, progress), self.card, threads=threads, provider=provider)

    def remove(
        self, source: Source, *, bgr: bool = False, keep_hidden: bool = False, foreground: bool = True
    ) -> Cutout:
        """The subject of one picture, without its background.

        source: a path, bytes, a binary file, a Pillow image, or an array (H x W, H x W x 3 or 4, uint8 or uint16) in
        RGB order; bgr=True for arrays in BGR order, as OpenCV reads them. keep_hidden: leave the source's colours
        where alpha is 0; by default they are zeroed, so that nothing of the background is in the file.
        foreground=False: leave the source's colours everywhere, for the matte alone.
        Raises PictureError where the source cannot be read.
        """
        seconds: Seconds = {}
        with timed(seconds, "read"):
            image = read(source, limits=self.limits, bgr=bgr)
        return self.cut(image, keep_hidden=keep_hidden, foreground=foreground, seconds=seconds)

    def cut(
        self, image: Image, *, keep_hidden: bool = False, foreground: bool = True, seconds: Seconds | None = None
    ) -> Cutout:
        """The same for a picture that is read already.

        foreground=False leaves the source's colours everywhere, for those who want the matte alone. seconds: gets the
        time of each stage.
        """
        seconds = {} if seconds is None else seconds
        matte, confidence = self._matte(image, seconds)
        # The source's own transparency stays: the result is never more opaque.
        alpha = matte if image.opacity is None else matte * image.opacity
        settle(alpha)
        rgb = image.rgb
        if foreground:
            with timed(seconds, "foreground"):
                rgb = estimate_foreground(image.rgb, matte, image.opacity)
            if not keep_hidden:
                with timed(seconds, "hide"):
                    hide_background(rgb, alpha)
        return Cutout(
            rgb=rgb, alpha=alpha, confidence=confidence, metadata=image.metadata, format=image.format,
            notes=image.notes if alpha.any() else (*image.notes, NOTHING), model=self.card.name, seconds=seconds,
        )  # fmt: skip

    def alpha(self, source: Source, *, bgr: bool = False) -> Alpha:
        """The matte alone: H x W float32 in [0, 1]."""
        image = read(source, limits=self.limits, bgr=bgr)
        matte, _ = self._matte(image, {})
        alpha = matte if image.opacity is None else matte * image.opacity
        settle(alpha)
        return alpha

    def map(self, sources: Iterable[Source], *, workers: int = 2) -> Iterator[Result]:
        """A result for each source, in their order; a failure is a result with its error and stops nothing.

        Decoding, network and edges of different pictures overlap. No more than `workers` + 2 are held at once.
        """

        if isinstance(sources, (str, bytes, Path)):
            raise UsageError("map takes several pictures: give a list, or use remove for one")

        def one(source: Source) -> Result:
            try:
                return Result(source, cutout=self.remove(source))
            except Exception as error:
                return Result(source, error=error)

        yield from in_order(one, sources, workers)

    def _matte(self, image: Image, seconds: Seconds) -> tuple[Alpha, float]:
        with timed(seconds, "fit"):
            fitted = fit(_as_seen(image), self.card)
        with timed(seconds, "network"):
            output = self.session.run(fitted.tensor)
        with timed(seconds, "edges"):
            raw = fitted.coarse_alpha(output, self.card)
            coarse = remove_specks(snap(raw))
            matte = guided_upsample(coarse, fitted.rgb, image.rgb)
            settle(matte)
        return matte, expected_iou(raw)


def _as_seen(image: Image) -> Rgb:
    """What the network sees. Colours under full transparency are arbitrary: they are covered with grey."""
    opacity = image.opacity
    if opacity is None or opacity.min() == 1:
        return image.rgb
    grey = np.float32(UNSEEN / 255 * np.iinfo(image.rgb.dtype).max)
    seen: Rgb = np.empty_like(image.rgb)
    for top in range(0, len(seen), ROWS):  # in strips, as floats take four times the room
        rows = slice(top, top + ROWS)
        seen[rows] = np.rint(grey + (image.rgb[rows] - grey) * opacity[rows, :, None])
    return seen


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """function(item) of every item, in `workers` threads, in the items' order; at most workers + 2 are held."""
    if workers < 1:
        raise UsageError(f"workers must be at least 1, not {workers}")
    with ThreadPoolExecutor(workers, thread_name_prefix="matteo") as pool:
        remaining = iter(items)
        pending: deque[Future[R]] = deque(pool.submit(function, item) for item in islice(remaining, workers + 1))
        try:
            while pending:
                result = pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(remaining, 1))
                yield result
        finally:
            for future in pending:
                future.cancel()


@contextmanager
def timed(seconds: Seconds, stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
