"""Alpha made steady along the paths of what it shows.

A recursive mean along optical flow, weighted as a Kalman filter weighs (Kalman 1960): the past counts as many frames as
it could be followed without doubt, the network's present word counts less where it is itself undecided. What moves
fast, was hidden or changed its colour has no past, and follows the network at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha
from matteo.video.flow import Motion, warped

Floats = NDArray[np.float32]

LONG, SHORT = 12.0, 2.0  # frames that the past counts at most: where nothing moves, where it moves
STILL = 0.15  # pixels a frame of the alpha's grid: half of the way from LONG to SHORT
UNDECIDED = 0.3  # what the network's word counts where it says one half
AT_ONCE = 1  # looks that what comes in while it moves must last
APART = 0.5  # a difference of alpha that is a contradiction, not noise


@dataclass(frozen=True)
class Past:
    """What is known of alpha up to a frame, all on its grid, h x w.

    alpha: in [0, 1]. weight: frames that stand behind it. against: looks of the network, one after the other, that
    contradicted it. waited: looks that what appeared there apart from the subject has lasted.
    """

    alpha: Alpha
    weight: Floats
    against: Floats
    waited: Floats


def begun(alpha: Alpha) -> Past:
    return Past(alpha, np.ones_like(alpha), np.zeros_like(alpha), np.zeros_like(alpha))


def carried(past: Past, motion: Motion) -> Past:
    """The past where it is now; its weight falls with the trust in the way."""
    alpha = warped(past.alpha, motion.back)
    most = SHORT + (LONG - SHORT) / (1 + (motion.speed / np.float32(STILL)) ** 2)
    weight = np.minimum(warped(past.weight, motion.back), most) * motion.trust
    counts = warped(np.dstack([past.against, past.waited]), motion.back, smooth=False)
    return Past(alpha, weight, counts[..., 0], counts[..., 1])


def blended(past: Past, seen: Alpha, patience: int) -> Past:
    """The past, carried to this frame, and what the network sees now.

    patience: looks that a contradiction of a trusted past must last to be believed; then it is believed at once, as a
    slow change would show as a ghost.
    """
    word = 1 - np.float32(1 - UNDECIDED) * (4 * seen * (1 - seen))
    opposed = np.abs(seen - past.alpha) > APART
    against = np.where(opposed, past.against + 1, np.float32(0)).astype(np.float32)
    comes_in = (seen > past.alpha) & (past.weight <= SHORT)  # while it moves: a limb rather than a slip
    held = opposed & (against <= np.where(comes_in, min(patience, AT_ONCE), patience)) & (past.weight >= 1)
    turned = opposed & ~held
    weight = np.where(turned, np.float32(0), past.weight)
    share = np.where(held, np.float32(0), word / (word + weight))
    alpha = past.alpha + share * (seen - past.alpha)
    weight = np.where(held, weight, weight + word).astype(np.float32)
    return Past(np.asarray(alpha, np.float32), weight, against, past.waited)
