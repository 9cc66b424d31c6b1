"""Names of files that clients send: relative paths, kept as they are, unless they could mislead somebody."""

from __future__ import annotations

import re
import unicodedata

from domain.errors import invalid

MAX_FILENAME = 255
# Bidirectional overrides and isolates show "gpj.exe" as "exe.jpg"; the rest of the line is told backwards.
_MISLEADING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def checked_filename(filename: str, *path: str) -> str:
    """The name in Unicode's composed form (NFC), folders included, as `flight-2/DJI_0001.JPG`.

    Raises INVALID at the input path `path`, saying what is wrong with it.
    """
    name = unicodedata.normalize("NFC", filename.strip())
    fault = _fault(name)
    if fault is not None:
        raise invalid(f"The file name {_shown(name)} {fault}", *path)
    return name


def _fault(name: str) -> str | None:
    parts = name.split("/")
    if not name:
        return "is empty."
    if len(name) > MAX_FILENAME:
        return f"has {len(name)} characters; at most {MAX_FILENAME} are taken."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return "has a control character in it; rename the file."
    if _MISLEADING.search(name):
        return "has a character in it that changes the direction of writing; rename the file."
    if "\\" in name:
        return "has a backslash in it; write folders with a slash."
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path; give it relative to the folder that you send."
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty part, `.` or `..` in it; give a plain relative path."
    if any(part.startswith("-") for part in parts):
        return "begins with a dash, which programs read as an option; rename the file."
    return None


def _shown(name: str) -> str:
    """Printable, and no longer than a line."""
    text = ascii(name)
    return text if len(text) <= 80 else f"{text[:60]}…{text[-15:]}"
