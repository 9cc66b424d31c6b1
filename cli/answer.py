"""The answer of a command for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import typer

from cli.lines import say


def print_json(document: Any) -> None:
    """Prints the one document. What is not ASCII is escaped, so that no name moves a terminal's cursor."""
    typer.echo(json.dumps(document, indent=2))


def tell(document: Any, lines: Iterable[str], as_json: bool) -> None:
    """Prints the document for a script, or the lines for a person."""
    if as_json:
        print_json(document)
        return
    for line in lines:
        say(line)
