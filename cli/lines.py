"""Lines on standard output."""

from __future__ import annotations

from collections.abc import Sequence

import typer

_SHOWN = 20


def say(line: str) -> None:
    """Prints the line."""
    typer.echo(printable(line))


def printable(text: str) -> str:
    """File names and sentences of the server may have anything in them, and none of it shall move the cursor or colour
    the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def say_some(heading: str, lines: Sequence[str], total: int | None = None, rest: str = "") -> None:
    """Prints the heading and at most 20 of the lines, then how many there are more, and `rest`, how to see them."""
    if not lines:
        return
    say(heading)
    for line in lines[:_SHOWN]:
        say(f"  {line}")
    left = (len(lines) if total is None else total) - len(lines[:_SHOWN])
    if left > 0:
        say(f"  … and {left} more.{rest}")


def counted(number: int, noun: str) -> str:
    """As `1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
