"""Aligned columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy_pack.edges.sanitize import one_line


def table(rows: Sequence[Sequence[object]], indent: str = "  ") -> str:
    """The rows with each column as wide as its widest cell; cells are made one harmless line each.

    The last column has room for a whole sentence: a reason ends with the next step.
    """
    cells = [[*(one_line(str(cell), 160) for cell in row[:-1]), one_line(str(row[-1]), 600)] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))] if cells else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(indent + line.rstrip() for line in lines)
