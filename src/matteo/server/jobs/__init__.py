"""Long work: several pictures under one number, with progress and links to results; it outlives the server."""
