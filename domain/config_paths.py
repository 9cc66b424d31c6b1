"""Where the settings of two versions differ, by the paths that createVersion's input gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from domain.models.config import VersionConfig
from domain.models.diff import ConfigChange

_NAMES = {
    "include_sam3": "includeSAM3",
    "include_ai_detections": "includeAIDetections",
    "source": "from",
    "target": "to",
}
"""Those that are not simply our own in camel case."""


def config_changes(before: VersionConfig, after: VersionConfig) -> list[ConfigChange]:
    """The leaves that differ, in the order of their paths, as `preprocessing.tile.rows: 2 -> 4`. A list is a leaf; of
    a group of settings that only one side has, each is None on the other."""
    changes = _changes(_as_the_contract_says(before.to_json()), _as_the_contract_says(after.to_json()), "")
    return sorted(changes, key=lambda change: change.path)


def _changes(before: Any, after: Any, path: str) -> Iterator[ConfigChange]:
    if before == after:
        return
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        before, after = before or {}, after or {}
        for name in before.keys() | after.keys():
            yield from _changes(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    else:
        yield ConfigChange(path, _text(before), _text(after))


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _as_the_contract_says(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {contract_name(key): _as_the_contract_says(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_the_contract_says(inner) for inner in value]
    return value


def contract_name(ours: str) -> str:
    """What the contract calls the field that is `ours` here."""
    return _NAMES.get(ours) or re.sub(r"_(\w)", lambda found: found.group(1).upper(), ours)
