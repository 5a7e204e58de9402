"""remove.bg's HTTP API, version 1.0, as its clients know it."""
