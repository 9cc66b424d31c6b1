"""E-mail addresses, as far as they name users."""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

from domain.errors import invalid

LONGEST_EMAIL = 191
_FORM = re.compile(r"[^\s@]+@[^\s@]+")
_CASE = str.maketrans(ascii_uppercase, ascii_lowercase)


def checked_email(text: str) -> str:
    """The address without blanks around it. Raises INVALID where it is none."""
    address = text.strip()
    if not _FORM.fullmatch(address) or not address.isprintable() or len(address) > LONGEST_EMAIL:
        raise invalid(f"{text[:LONGEST_EMAIL]!r} is no e-mail address.", "email")
    return address


def folded(address: str) -> str:
    """What two spellings of one address have in common: the case of A to Z is none of it. Beyond these, lower() would
    make somebody else's address of some, as the sign of the kelvin is a capital k to Unicode."""
    return address.translate(_CASE)
