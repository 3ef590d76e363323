"""What is true of every picture: rows of so many columns, whatever script their words are in."""

from __future__ import annotations

from rich.cells import cell_len

from tui.raster import Row


def is_a_row(row: Row, width: int) -> bool:
    """So many cells; what is two columns wide has the next cell too, which has no character of its own."""
    sizes = [cell_len(cell.char) for cell in row]
    follows = [False, *(size == 2 for size in sizes)]
    taken = all((size == 0) == after for size, after in zip(sizes, follows, strict=False))
    taken = taken and all(bool(cell.char) != after for cell, after in zip(row, follows, strict=False))
    printable = all(cell.char.isprintable() for cell in row)
    return taken and printable and len(row) == width == cell_len("".join(cell.char for cell in row))


def is_a_picture(rows: list[Row], width: int, height: int) -> bool:
    """So many rows, each as wide to the terminal as it has cells."""
    return len(rows) == height and all(is_a_row(row, width) for row in rows)


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", as WCAG 2.2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """The ratio of two luminances, the lighter above."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
