"""Matting: from a coarse alpha to an exact one, and the subject's own colours. Arrays in, arrays out."""
