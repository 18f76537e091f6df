"""A line in a file: the channel that always works. `place` is the file's path."""

from __future__ import annotations

from pathlib import Path

from autonomy_pack.edges import clock, files


def send(text: str, place: str) -> None:
    """Append one line with the time; WorldError when the file cannot be written."""
    journal = files.Journal(Path(place))
    journal.add(f"{clock.now()} {text}")
    journal.close()
