"""Texts in tables that people open in a spreadsheet."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def text_cell(text: str) -> str:
    """A spreadsheet takes a cell that begins with one of these for a formula, and runs it; an apostrophe before it
    makes it text (OWASP, "CSV Injection"). Whoever reads the table as data takes that apostrophe away again."""
    return f"'{text}" if text.startswith(_FORMULA) else text
