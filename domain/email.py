"""E-mail addresses, as far as they name users."""

from __future__ import annotations

import re

from domain.errors import invalid

LONGEST_EMAIL = 191
_FORM = re.compile(r"[^\s@]+@[^\s@]+")


def checked_email(text: str) -> str:
    """The address without blanks around it. Raises INVALID where it is none."""
    address = text.strip()
    if not _FORM.fullmatch(address) or not address.isprintable() or len(address) > LONGEST_EMAIL:
        raise invalid(f"{text[:LONGEST_EMAIL]!r} is no e-mail address.", "email")
    return address
