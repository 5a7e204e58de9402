"""The pipeline, in the order it runs: read, fit, network, clean, refine, offset, colours, cut-out."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias, TypeVar, Unpack

import numpy as np

from matteo.errors import UsageError
from matteo.keying.key import key as keyed
from matteo.keying.screen import Screen, find_screen, parse_screen
from matteo.matting.clean import cleaned, settle
from matteo.matting.confidence import expected_iou, is_plain, reasons
from matteo.matting.edges import refined
from matteo.matting.foreground import LAMBDA_FULL, RADIUS, estimate_foreground, hide_background
from matteo.matting.offset import feather, grow, pixels, shrink
from matteo.matting.tint import neutralise
from matteo.matting.treatment import Chosen, Treatment
from matteo.models.companions import REFINER, SELECTOR, STEADIER, companion
from matteo.models.fit import fit
from matteo.models.looks import Second, look_again
from matteo.models.session import Outputs, Session, default_threads
from matteo.models.table import DEFAULT, find
from matteo.models.weights import Progress, weights_of
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Image, Rgb
from matteo.picture.limits import Limits
from matteo.picture.mask import MaskSource
from matteo.picture.read import Source, read
from matteo.selecting.given import Given, given_of
from matteo.selecting.hints import Hints
from matteo.selecting.select import kept_by_hand, meant, select

Seconds: TypeAlias = dict[str, float]
T = TypeVar("T")
R = TypeVar("R")

NOTHING = "no subject found: the cut-out is empty"
SMOOTH = 8, 4.0  # radius and lambda for it: what shines through must not be taken for the subject's own texture
ROWS = 256
KEY = "key"  # what stands in the network's place where alpha is the screen's
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
    looks: how often the network looks at a picture, 1 or 2 (`matteo.models.looks`); as its card says where None.
    limits: what the reader accepts. progress: called with (bytes, bytes in all) while weights are fetched.
    load: this network and that of fine edges now, so that an error comes now; False: each when a picture first needs it
    (one with its own mask never needs the former).
    """

    def __init__(
        self,
        model: str | Path = DEFAULT,
        *,
        threads: int | None = None,
        provider: str = "cpu",
        looks: int | None = None,
        limits: Limits | None = None,
        progress: Progress | None = None,
        load: bool = True,
    ) -> None:
        self.card, self._local = find(model)
        self.looks = self.card.looks if looks is None else looks
        if self.looks not in (1, 2):
            raise UsageError(f"looks must be 1 or 2, not {self.looks}")
        self.limits = limits or Limits()
        self.threads, self.provider, self._progress = (
            default_threads() if threads is None else threads,
            provider,
            progress,
        )
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._companions: dict[str, Session] = {}
        if load:
            _ = self.session, self.refiner

    @property
    def session(self) -> Session:
        """The network, loaded once."""
        with self._lock:
            if self._session is None:
                weights = weights_of(self.card, self._local, self._progress)
                self._session = Session(weights, self.card, threads=self.threads, provider=self.provider)
            return self._session

    @property
    def refiner(self) -> Session:
        """The network of fine edges, loaded once."""
        return self._companion(REFINER)

    @property
    def steadier(self) -> Session:
        """The network that makes films steady, loaded once."""
        return self._companion(STEADIER)

    @property
    def selector(self) -> Session:
        """The network that follows hints, loaded once."""
        return self._companion(SELECTOR)

    def _companion(self, name: str) -> Session:
        with self._lock:
            if name not in self._companions:
                self._companions[name] = companion(name, threads=self.threads, provider=self.provider)
            return self._companions[name]

    def remove(
        self,
        source: Source,
        *,
        bgr: bool = False,
        mask: MaskSource | None = None,
        trimap: MaskSource | None = None,
        hints: Hints | None = None,
        key: str | None = None,
        foreground: bool = True,
        keep_source: bool = True,
        **treatment: Unpack[Treatment],
    ) -> Cutout:
        """The subject of one picture, without its background.

        source: a path, bytes, a binary file, a Pillow image, or an array (H x W, H x W x 3 or 4, uint8 or uint16) in
        RGB order; bgr=True for arrays in BGR order, as OpenCV reads them.
        mask: somebody else's alpha of the upright picture, of any size or softness, a picture or an array (bool, or
        floats in [0, 1], too): it is refined in place of the network's, which is not run. trimap: 0 surely background,
        full surely foreground, all between is found by the edges, from the mask if there is one; nor does this run it.
        key: the picture was taken before a screen of one colour: "auto", a name ("green", "blue", …) or its colour as
        "#00b140". That tells alpha, at the picture's own size (`matteo.keying`); the network, or that of hints, only
        tells what is well inside of the subject.
        hints: what of the picture is meant (`Hints`): another network, which sees them, finds that; or it corrects the
        mask, where there is one.
        foreground=False: leave the source's colours everywhere, for the matte alone; then `untint` and `keep_hidden`
        have nothing to do. keep_source: the picture stays in
        the cut-out (itself, not a copy), for effects that show it and for layered files. treatment: see `Treatment`.
        Raises PictureError where the source cannot be read, UsageError where the mask is of another shape.
        """
        seconds: Seconds = {}
        how = Chosen(**treatment)
        with timed(seconds, "read"):
            image = read(source, limits=self.limits, bgr=bgr)
        cutout = self._cut(image, given_of(image, mask, trimap, hints, key, self.limits), how, foreground, seconds)
        return replace(cutout, source=image) if keep_source else cutout

    def cut(
        self,
        image: Image,
        *,
        mask: MaskSource | None = None,
        trimap: MaskSource | None = None,
        hints: Hints | None = None,
        key: str | None = None,
        foreground: bool = True,
        keep_source: bool = True,
        seconds: Seconds | None = None,
        **treatment: Unpack[Treatment],
    ) -> Cutout:
        """The same for a picture that is read already. seconds: gets the time of each stage."""
        how = Chosen(**treatment)
        seconds = {} if seconds is None else seconds
        cutout = self._cut(image, given_of(image, mask, trimap, hints, key, self.limits), how, foreground, seconds)
        return replace(cutout, source=image) if keep_source else cutout

    def alpha(
        self,
        source: Source,
        *,
        bgr: bool = False,
        mask: MaskSource | None = None,
        trimap: MaskSource | None = None,
        hints: Hints | None = None,
        key: str | None = None,
        **treatment: Unpack[Treatment],
    ) -> Alpha:
        """The matte alone: H x W float32 in [0, 1]."""
        return self.remove(
            source, bgr=bgr, mask=mask, trimap=trimap, hints=hints, key=key, foreground=False, **treatment
        ).alpha

    def map(
        self,
        sources: Iterable[Source],
        *,
        workers: int = 2,
        foreground: bool = True,
        keep_source: bool = False,
        key: str | None = None,
        **treatment: Unpack[Treatment],
    ) -> Iterator[Result]:
        """A result for each source, in their order; a failure is a result with its error and stops nothing.

        Decoding, network and edges of different pictures overlap. No more than `workers` + 2 are held at once.
        keep_source: each cut-out holds its picture, which costs memory for as long as you hold them. key and
        treatment are those of `remove`.
        """
        if isinstance(sources, (str, bytes, Path)):
            raise UsageError("map takes several pictures: give a list, or use remove for one")
        Chosen(**treatment)  # what is wrong with it is wrong for all
        if key is not None:
            parse_screen(key)

        def one(source: Source) -> Result:
            try:
                cutout = self.remove(source, foreground=foreground, keep_source=keep_source, key=key, **treatment)
                return Result(source, cutout=cutout)
            except Exception as error:
                return Result(source, error=error)

        yield from in_order(one, sources, workers)

    def _cut(self, image: Image, given: Given, how: Chosen, foreground: bool, seconds: Seconds) -> Cutout:
        screen = None
        with timed(seconds, "fit"):
            seen = _as_seen(image)
        if given.key is not None:
            with timed(seconds, "key"):
                screen = find_screen(seen, given.key)
        if given.placed is not None:
            given = self._selected(seen, given, how, seconds)
        elif given.alpha is None and given.trimap is None:
            given = self._looked(seen, how, seconds)
        with timed(seconds, "edges"):
            matte = self._matte(seen, given, screen, how)
            if screen is not None:
                given = _told_by_key(given, matte)
            del seen  # of a picture with transparency it is a copy
        before = matte
        matte, shown = _offset(before, how, seconds)
        for moved in (matte, shown):
            if given.placed is not None and moved is not before:  # it may have left the box
                given.placed.impose(moved)
        alpha = shown
        if image.opacity is not None:  # the source's own transparency stays: the result is never more opaque
            alpha = shown * image.opacity
            settle(alpha)
        rgb = image.rgb
        if foreground:
            with timed(seconds, "foreground"):
                radius, lasting = SMOOTH if how.transparency else (RADIUS, LAMBDA_FULL)
                rgb = estimate_foreground(image.rgb, matte, image.opacity, shown=shown, radius=radius, lasting=lasting)
                if how.untint or screen is not None:
                    rgb = neutralise(rgb, image.rgb, alpha, image.opacity)
            if not how.keep_hidden:
                with timed(seconds, "hide"):
                    hide_background(rgb, alpha)
        return Cutout(
            rgb=rgb, alpha=alpha, confidence=given.confidence, metadata=image.metadata, format=image.format,
            notes=image.notes if alpha.any() else (*image.notes, NOTHING), model=given.model or self.card.name,
            seconds=seconds, kind=given.kind, reasons=given.reasons,
        )  # fmt: skip

    def _matte(self, seen: Rgb, given: Given, screen: Screen | None, how: Chosen) -> Alpha:
        """Alpha at the picture's own size, settled."""
        if screen is not None:
            matte = keyed(seen, screen, given.alpha)
        else:
            matte = refined(
                how.edges, seen, given.alpha, small=given.rgb, trimap=given.trimap, guessed=given.guessed,
                run=self.refiner.run if how.edges == "fine" else None, hints=given.raw,
            )  # fmt: skip
        if given.placed is not None:
            given.placed.impose(matte)
        settle(matte)
        return matte

    def _looked(self, seen: Rgb, how: Chosen, seconds: Seconds) -> Given:
        """What the network makes of the picture."""
        with timed(seconds, "fit"):
            fitted = fit(seen, self.card)
        with timed(seconds, "network"):
            outputs = self.session.look(fitted.tensor)
            plain = is_plain(fitted.rgb)
            first = fitted.coarse_alpha(outputs.alpha, self.card) * np.float32(not plain)
            second = look_again(seen, first, self.card, self.session.look) if self.looks > 1 else Second(first)
        with timed(seconds, "edges"):
            coarse = cleaned(second.alpha, see_through=how.transparency)
        with timed(seconds, "confidence"):
            confidence = 0.0 if plain else confidence_of(first, outputs, second)
            doubts = reasons(first, fitted.rgb)
        rgb = fitted.rgb if second.rgb is None else second.rgb
        return Given(coarse, None, rgb, second.alpha, confidence, outputs.kind_of(self.card), doubts)

    def _selected(self, seen: Rgb, given: Given, how: Chosen, seconds: Seconds) -> Given:
        """What hints mean of the picture; of a mask that is given they correct it."""
        assert given.placed is not None
        card, run, kind = self.selector.card, self.selector.run, None
        automatic = None
        if given.alpha is None:
            looked = self._looked(seen, how, seconds)
            automatic, kind = looked.raw, looked.kind
        with timed(seconds, "network"):
            if automatic is None:
                selected = select(seen, given.placed, card, run, given.alpha)
            else:
                selected = meant(seen, given.placed, card, run, automatic)
        with timed(seconds, "edges"):
            coarse = kept_by_hand(cleaned(selected.alpha, see_through=how.transparency), selected)
        with timed(seconds, "confidence"):
            confidence, doubts = expected_iou(selected.alpha), reasons(selected.alpha, selected.rgb)
        name = self.selector.card.name
        return Given(coarse, None, selected.rgb, selected.alpha, confidence, kind, doubts, given.placed, by=name)


def _told_by_key(given: Given, matte: Alpha) -> Given:
    """What is told of a picture whose alpha a screen's colour gave."""
    if given.rgb is None:
        return replace(given, confidence=expected_iou(matte), by=KEY)
    small = resize(matte, (given.rgb.shape[0], given.rgb.shape[1]))
    return replace(given, confidence=expected_iou(small), reasons=reasons(small, given.rgb), by=KEY)


def confidence_of(first: Alpha, outputs: Outputs, second: Second) -> float:
    """The mean of what the looks tell of themselves: their quality, else the overlap that their alpha expects."""
    looks = [(first, outputs)]
    if second.closer is not None and second.outputs is not None:
        looks.append((second.closer, second.outputs))
    stated = [(outputs.quality_of(), alpha) for alpha, outputs in looks]
    return float(np.mean([expected_iou(alpha) if quality is None else quality for quality, alpha in stated]))


def _offset(matte: Alpha, how: Chosen, seconds: Seconds) -> tuple[Alpha, Alpha]:
    """The matte with its edge moved, of which colours are told, and that with its edge made softer, which is shown."""
    larger, smaller, softer = (pixels(amount, matte.shape) for amount in (how.grow, how.shrink, how.feather))
    if not (larger or smaller or softer):
        return matte, matte
    with timed(seconds, "offset"):
        moved = shrink(grow(matte, larger), smaller)
        settle(moved)
        shown = feather(moved, softer)
        settle(shown)
        return moved, shown


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
