"""A trained network made deeper or wider without changing what it computes, to be trained on from there.

    python -m matteo.learning.grow --weights small.pt --form matteo --into start.pt

A new residual block whose last batch norm has scale 0 adds nothing to its shortcut, and the shortcut of a block after
a ReLU is the identity (Chen 2016, Net2Net, with zero-initialised residuals as in Goyal 2017). A new channel begins
with weights by chance, and what was there before gives it the weight 0.
"""

from __future__ import annotations

import argparse
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from matteo.learning.checkpoint import half, load_weights, write_whole
from matteo.learning.network import FORMS, Form, Network

LAST_NORM = "body.4.weight"


def adopt(state: OrderedDict[str, Tensor], form: Form) -> Network:
    """A network from the state of an earlier code of the same form: other names, the same tensors in the same order."""
    network = Network(form)
    own = network.state_dict()
    if [t.shape for t in own.values()] != [t.shape for t in state.values()]:
        raise ValueError(f"the state is not that of {form}")
    values = (v.float() if v.is_floating_point() else v for v in state.values())
    network.load_state_dict(dict(zip(own, values, strict=True)))
    return network


def deepen(network: Network, form: Form) -> Network:
    """The same function with more residual blocks in its stages; all else of the form must agree."""
    small, large = network.form, form
    if any(a > b for a, b in zip(small.blocks, large.blocks, strict=True)):
        raise ValueError(f"{large.blocks} has fewer blocks than {small.blocks}")
    grown = Network(large)
    old, new = network.state_dict(), {}
    for name, fresh in grown.state_dict().items():
        source = _source(name, small, large)
        if source is not None:
            new[name] = old[source]
        else:
            new[name] = torch.zeros_like(fresh) if name.endswith(LAST_NORM) else fresh
    grown.load_state_dict(new)
    return grown


def widen(network: Network, form: Form) -> Network:
    """The same function with more channels; the number of blocks must agree."""
    small, large = network.form, form
    narrower = [(small.inputs, large.inputs), (small.stem, large.stem), (small.last, large.last)]
    narrower += [*zip(small.widths, large.widths, strict=True), *zip(small.decoder, large.decoder, strict=True)]
    if small.blocks != large.blocks or any(a > b for a, b in narrower):
        raise ValueError(f"{large} has fewer channels than {small}, or other blocks")
    grown = Network(large)
    joined = {name: (channels, _joined(large)[name]) for name, channels in _joined(small).items()}
    old, new = network.state_dict(), {}
    for name, fresh in grown.state_dict().items():
        if name not in old:  # what hints are told by
            new[name] = torch.zeros_like(fresh)
            continue
        before, after = joined.get(name, ((old[name].shape[1],), (fresh.shape[1],))) if fresh.ndim > 1 else ((), ())
        new[name] = _wider(old[name], fresh, before, after)
    grown.load_state_dict(new)
    return grown


def _joined(form: Form) -> dict[str, tuple[int, ...]]:
    """Convolutions whose input is several maps joined, and the channels of each of them."""
    merges = {f"merges.{i}.0.weight": form.decoder[i : i + 2] for i in range(3)}
    return {"context.merge.0.weight": (form.decoder[3] // 2,) * 4, "last.0.weight": (form.stem, form.last), **merges}


def _wider(old: Tensor, fresh: Tensor, before: tuple[int, ...], after: tuple[int, ...]) -> Tensor:
    """The old values in their place in the fresh tensor. before, after: channels of each of the joined inputs."""
    if fresh.ndim == 0:
        return old
    new = fresh.clone()
    rows = len(old)
    if fresh.ndim == 1:
        new[:rows] = old
        return new
    new[:rows] = 0
    source = target = 0
    for narrow, wide in zip(before, after, strict=True):
        new[:rows, target : target + narrow] = old[:, source : source + narrow]
        source, target = source + narrow, target + wide
    return new


def _source(name: str, small: Form, large: Form) -> str | None:
    """Where a tensor of the large network comes from in the small one; None for a new block's."""
    parts = name.split(".")
    if parts[0] != "stages":
        return name
    stage, index = int(parts[1]), int(parts[2])
    if index >= large.blocks[stage]:  # the squeeze behind the blocks
        parts[2] = str(index - large.blocks[stage] + small.blocks[stage])
    elif index >= small.blocks[stage]:
        return None
    return ".".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a trained network larger without changing what it computes.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--form", choices=sorted(FORMS), default="matteo")
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    saved: Any = torch.load(options.weights, weights_only=True)
    network = load_weights(options.weights) if "form" in saved else adopt(saved, Form())
    form = FORMS[options.form]
    write_whole(options.into, half(widen(deepen(network, replace(network.form, blocks=form.blocks)), form)))


if __name__ == "__main__":
    main()
