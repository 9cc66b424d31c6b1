"""The input of createVersion and versionPreview, from a JSON document and the options over it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from cli.version.misuse import VersionMisuseError

_TWO_NUMBERS = re.compile(r"([0-9]{1,9})[xX×]([0-9]{1,9})", re.ASCII)


def settings_of(source: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateVersionInput, but for the project, of the document, if there is a `source`, and of the options. Of
    these, None and what has nothing but None in it is as good as left out. Raises VersionMisuseError."""
    document = read_document(source) if source is not None else {}
    if "projectId" in document:
        raise VersionMisuseError(f"{_named(source)} has a projectId; leave it out, the project is named by --project.")
    merged = laid_over(document, given(options))
    if _has_no_rows(merged):
        raise VersionMisuseError("--overlap and --min-visible are those of tiles: give --tile too.")
    try:
        json.dumps(merged, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise VersionMisuseError("A name or another setting is not written in UTF-8.") from error
    return merged


def read_document(source: str) -> dict[str, Any]:
    """The JSON object in the file, or from standard input for `-`. Raises VersionMisuseError."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8-sig")
        document = json.loads(text, parse_constant=_no_number)
    except OSError as error:
        raise VersionMisuseError(f"{_named(source)} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise VersionMisuseError(f"{_named(source)} is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise VersionMisuseError(f"{_named(source)} is no JSON object with the fields of CreateVersionInput.")
    return document


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without those that were left out."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        kept = given(value) if isinstance(value, Mapping) else value
        # A list option that was not given is empty in some ways of calling, and None in others.
        if kept not in (None, {}, []):
            found[name] = kept
    return found


def laid_over(document: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the options in place of its own values, field by field; lists are replaced whole."""
    merged = dict(document)
    for name, value in options.items():
        below = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = laid_over(below, value) if both else value  # type: ignore[arg-type]
    return merged


def two_numbers(text: str | None, option: str, first: str, second: str) -> dict[str, int]:
    """Of 640x480 or 2x3: the numbers by those names; nothing for None. Raises VersionMisuseError."""
    if text is None:
        return {}
    found = _TWO_NUMBERS.fullmatch(text.strip())
    if found is None:
        raise VersionMisuseError(f"{option}: {text!r} is not {first} x {second}, as 4x3.")
    return {first: int(found[1]), second: int(found[2])}


def renames(texts: Sequence[str] | None) -> list[dict[str, str]]:
    """Of A=B each: the class and its new name. A name with `=` in it needs the JSON. Raises VersionMisuseError."""
    found = []
    for text in texts or ():
        before, _, after = text.partition("=")
        if not before or not after or "=" in after:
            raise VersionMisuseError(f"--rename-class: {text!r} is not a class and its new name, as A=B.")
        found.append({"from": before, "to": after})
    return found


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
