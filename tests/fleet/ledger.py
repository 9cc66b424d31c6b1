"""What the loop's clients were told is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Story:
    """A stream that was followed to its end, over connections that broke: the cursors of what it told."""

    document: str
    variables: Mapping[str, Any]
    cursors: list[str]


@dataclass
class Ledger:
    """Each mapping and set holds only what was acknowledged; but `keys`, which are those that were asked with, and
    `leaving`, which are assets that were told to go.

    `images` are asset ids by SHA-256, `annotations` the ids on each asset, `versions` numbers by id, `jobs` training
    and detection jobs, `models` by training job; `failures` are the reasons of what FAILED and may have.
    """

    keys: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    annotations: dict[str, frozenset[str]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    checks: set[str] = field(default_factory=set)
    exports: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    models: dict[str, str] = field(default_factory=dict)
    evaluations: set[str] = field(default_factory=set)
    deployments: set[str] = field(default_factory=set)
    stories: list[Story] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
