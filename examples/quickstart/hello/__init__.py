"""A very small program that greets."""

GREETING = "Hello, world"


def greet(name: str = "") -> str:
    """The greeting, to somebody when a name is given."""
    return f"{GREETING} and {name}" if name else GREETING
