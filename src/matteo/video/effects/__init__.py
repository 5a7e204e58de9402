"""Effects over time: what follows the subject, remembers it, or changes as the film goes on. One a file, one table."""
