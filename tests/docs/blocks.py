"""The fenced blocks of the README and of the pages in docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences. `note` is what stands behind the language, as `manual` in `sh manual`."""

    page: str
    line: int
    language: str
    note: str
    text: str

    @property
    def manual(self) -> bool:
        """A person runs it, and no test."""
        return self.language == "sh" and self.note == "manual"

    @property
    def first_command(self) -> str:
        """Its first line, without a comment behind."""
        return self.text.splitlines()[0].partition("  #")[0].rstrip()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that a reader comes to, the README first."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of a page, in its order."""
    text, page = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
    for fence in _FENCE.finditer(text):
        language, _, note = fence["info"].strip().partition(" ")
        yield Block(page, text.count("\n", 0, fence.start()) + 1, language, note, fence["text"])


def all_blocks() -> list[Block]:
    return [block for path in pages() for block in blocks(path)]
