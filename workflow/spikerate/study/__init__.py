"""A study: its config, its grid, its chunks, its claims."""
