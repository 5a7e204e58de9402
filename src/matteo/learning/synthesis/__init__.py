"""Alpha that is made: strands, lace, veils and lenses around real subjects, composed over real photographs."""

from matteo.learning.synthesis.made import synthesize

__all__ = ["synthesize"]
