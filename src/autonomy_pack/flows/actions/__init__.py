"""What runs in the jobs of our workflows on GitHub: one story per file."""
