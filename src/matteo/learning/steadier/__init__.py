"""The network that makes a film's alpha steady: its form, what it learns from, its training, its file."""
