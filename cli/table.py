"""Lines of columns that stand under each other."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from cli.lines import printable


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """A line a row, each cell as wide as the widest of its column; those of the columns `right` are flush right."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padding = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        padded = [
            space + cell if at in right else cell + space
            for at, (cell, space) in enumerate(zip(row, padding, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines
