"""Where the settings of two versions differ, by the paths that the contract gives their fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from domain.models.config import VersionConfig
from domain.models.diff import ConfigChange


def config_changes(before: VersionConfig, after: VersionConfig) -> list[ConfigChange]:
    """The leaves that differ, in the order of their paths, as `preprocessing.tile.rows: 2 -> 4`."""
    return list(_changes(before.to_json(), after.to_json(), ""))


def _changes(before: Any, after: Any, path: str) -> Iterator[ConfigChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _changes(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif json.dumps(before) != json.dumps(after):
        yield ConfigChange(_as_the_contract_says(path), _text(before), _text(after))


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _as_the_contract_says(path: str) -> str:
    """`filters.include_sam3` as `filters.includeSAM3`."""
    camel = re.sub(r"_(\w)", lambda found: found.group(1).upper(), path)
    return camel.replace("Sam3", "SAM3").replace("includeAiDetections", "includeAIDetections")
