"""`python -m cli`: the command `agridrone`, where it is not on the path."""

from __future__ import annotations

from cli.app import run

run()
