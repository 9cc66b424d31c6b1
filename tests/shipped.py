"""What is shipped beside the code: Dockerfile, compose files, units, examples of their environment; and what may stand
in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml

from adapters.settings import Settings
from cli.app import app

ROOT = Path(__file__).parents[1]
OPS = ROOT / "ops"
DOCKERFILE = (ROOT / "Dockerfile").read_text()

SETTINGS = frozenset(str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items())
"""The variables that the product reads."""

TO_END_SECONDS = Settings.model_fields["shutdown_seconds"].default + 15
"""What a part needs at most from SIGTERM to its end, as it is set by default and documented."""

STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL))
"""The Dockerfile's stages by name, each with its instructions."""


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    """A compose file, its anchors followed, its variables as they are written."""
    read: dict[str, Any] = yaml.safe_load((OPS / name).read_text())
    return read


def example(path: Path) -> dict[str, str]:
    """The variables of an example of an environment; those that are commented out have to be right too."""
    lines = (line.lstrip("#") for line in path.read_text().splitlines() if re.match(r"#?[A-Z][A-Z0-9_]*=", line))
    return dict(line.split("=", 1) for line in lines)


def filled_in(values: Mapping[str, str]) -> dict[str, str]:
    """An example as an operator would leave it: what is empty and secret has a value."""
    secret = "0123456789abcdef" * 3
    return {
        name: secret if re.search("PASSWORD|SECRET|_KEY_ID$", name) and not value else value.replace("PASSWORD", secret)
        for name, value in values.items()
    }


def is_command(words: Sequence[str]) -> bool:
    """Whether this is one of ours, as ["agridrone", "worker", "io"], with nothing after it."""
    if not words or words[0] != "agridrone":
        return False
    command: object = typer.main.get_command(app)
    for word in words[1:]:
        command = getattr(command, "commands", {}).get(word)
    return command is not None and not hasattr(command, "commands")
