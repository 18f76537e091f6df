"""The only code that touches the world, and the two pure filters in front of every sink."""
