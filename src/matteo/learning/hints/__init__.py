"""A network that follows hints: what it learns from (scenes, made), and what ships of it (export)."""
