"""The command line starts quickly: what only the server needs is imported by the commands that are the server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_OF_THE_SERVER = ("pydantic", "structlog", "sqlalchemy", "redis", "strawberry", "numpy", "torch")


def test_a_command_starts_without_what_only_the_server_needs() -> None:
    program = f"import sys, cli.app; print(*[name for name in {_OF_THE_SERVER} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
