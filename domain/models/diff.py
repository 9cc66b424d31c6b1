"""What changed from one version to another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A setting that differs: its path in the contract's names, and its values as JSON, None where there is none."""

    path: str
    before: str | None
    after: str | None
