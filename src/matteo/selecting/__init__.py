"""A subject chosen by hand: hints (points, boxes, strokes, painted masks) -> alpha."""
