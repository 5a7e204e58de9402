"""Pictures: reading, writing, limits, metadata, colour, geometry. Knows no model and no option of a command."""
