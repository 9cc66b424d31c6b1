"""The input of createVersion and versionPreview, from a JSON document and the options over it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from cli.misuse import MisuseError


def settings_of(source: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateVersionInput, but for the project, of the document, if there is a `source`, and of the options over
    it. Raises MisuseError."""
    document = read_document(source) if source is not None else {}
    if "projectId" in document:
        raise MisuseError(f"{_named(source)} has a projectId; leave it out, the project is named by --project.")
    merged = laid_over(document, options)
    if _has_no_rows(merged):
        raise MisuseError("--overlap and --min-visible are those of tiles: give --tile too.")
    try:
        json.dumps(merged, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise MisuseError("A name or another setting is not written in UTF-8.") from error
    return merged


def read_document(source: str) -> dict[str, Any]:
    """The JSON object in the file, or from standard input for `-`. Raises MisuseError."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
        document = json.loads(text, parse_constant=_no_number)
    except OSError as error:
        raise MisuseError(f"{_named(source)} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise MisuseError(f"{_named(source)} is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise MisuseError(f"{_named(source)} is no JSON object with the fields of CreateVersionInput.")
    return document


def laid_over(document: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the options in place of its own values, field by field; lists are replaced whole."""
    merged = dict(document)
    for name, value in options.items():
        below = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _has_no_rows(settings: Mapping[str, Any]) -> bool:
    match settings:
        case {"preprocessing": {"tile": {"rows": _}}}:
            return False
        case {"preprocessing": {"tile": Mapping()}}:
            return True
    return False


def _named(source: str | None) -> str:
    return "The document on standard input" if source == "-" else str(source)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
