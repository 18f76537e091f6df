"""One story per file; the only layer that decides a write."""
