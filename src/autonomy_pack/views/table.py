"""Aligned columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges.sanitize import one_line


def table(rows: Sequence[Sequence[object]], indent: str = "  ") -> str:
    """The rows with each column as wide as its widest cell; cells are made one harmless line each."""
    cells = [[one_line(str(cell), 160) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))] if cells else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(indent + line.rstrip() for line in lines)
