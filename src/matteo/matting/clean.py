"""Cleaning a coarse alpha: what is nearly certain becomes certain, and specks go."""

from __future__ import annotations

import cv2
import numpy as np

from matteo.picture.image import Alpha

LOW, HIGH = 0.1, 0.9
LEAST = np.float32(0.5 / 255)
SPECK = 0.0005  # of the picture's area
FAINT = 0.5
PINHOLE = 0.0005  # of the picture's area
DOUBTED = 0.3  # a hole that is nowhere lower is a doubt, not a hole


def snap(alpha: Alpha, low: float = LOW, high: float = HIGH) -> Alpha:
    """Stretched so that all up to `low` is 0 and all from `high` is 1: a sigmoid gives neither by itself."""
    stretched: Alpha = np.clip((alpha - np.float32(low)) / np.float32(high - low), 0, 1)
    stretched[alpha >= np.float32(high)] = 1  # exactly, whatever the division rounds to
    return stretched


def settle(alpha: Alpha) -> None:
    """In place: what a file of 8 bits cannot tell from 0 or 1 becomes 0 or 1, so that "hidden" and "opaque" mean the
    same before and after writing."""
    np.copyto(alpha, 0, where=alpha < LEAST)
    np.copyto(alpha, 1, where=alpha > 1 - LEAST)


def remove_specks(alpha: Alpha, smallest: float = SPECK) -> Alpha:
    """Islands of alpha above 0 go where they are smaller than this share of the picture, or nowhere at least 0.5.

    The largest island always stays, however small or faint: a picture with one tiny subject keeps it. Holes are not
    touched, since a ring's or a handle's hole looks like any other.
    """
    count, found, stats, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.intp)
    if count <= 2:
        return alpha
    areas = stats[1:, cv2.CC_STAT_AREA]
    strongest = np.zeros(count, np.float32)
    np.maximum.at(strongest, labels.ravel(), alpha.ravel())
    keep = (areas >= smallest * alpha.size) & (strongest[1:] >= FAINT)
    keep[np.argmax(areas * strongest[1:])] = True
    return np.where(np.concatenate([[True], keep])[labels], alpha, np.float32(0))


def fill_pinholes(alpha: Alpha, largest: float = PINHOLE) -> Alpha:
    """Dips enclosed by the subject, smaller than this share of the picture and nowhere sure, are raised to 1.

    A dip is an island of alpha below 1 that touches neither the border nor what is surely background. One that reaches
    DOUBTED or less is a hole that the network saw: a ring's, a handle's, a letter's; it stays, however small.
    """
    count, found, stats, _ = cv2.connectedComponentsWithStats((alpha < 1).astype(np.uint8), connectivity=4)
    labels = np.asarray(found, np.intp)
    lowest = np.ones(count, np.float32)
    np.minimum.at(lowest, labels.ravel(), alpha.ravel())
    fill = (stats[:, cv2.CC_STAT_AREA] <= largest * alpha.size) & (lowest > DOUBTED)
    fill[0] = False
    fill[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = False
    return np.where(fill[labels], np.float32(1), alpha)
