"""Training shared policies; most of it needs the extra `train` and is skipped without it."""
