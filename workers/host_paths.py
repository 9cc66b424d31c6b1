"""Where things lie on this host is none of the business of those who read its logs and failures."""

from __future__ import annotations

import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent


def without_host_paths(text: str, *folders: Path) -> str:
    """The text with paths below the folders, our sources and Python's own told from there on."""
    for folder in (*folders, SOURCES, Path(sys.prefix), Path(sys.base_prefix)):
        text = text.replace(f"{folder}/", "")
    return text
