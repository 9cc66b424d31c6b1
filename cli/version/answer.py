"""The answer of a command for scripts."""

from __future__ import annotations

import json
from typing import Any

import typer


def print_json(document: Any) -> None:
    """Prints the one document. What is not ASCII is escaped, so that no name moves a terminal's cursor."""
    typer.echo(json.dumps(document, indent=2))
