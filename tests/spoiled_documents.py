"""GraphQL documents that were valid, or nearly."""

from __future__ import annotations

import re
from random import Random

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\.\.\.|\S')
_ODD = (
    *'{}()[]$@:!|&#"',
    '"""',
    "...",
    "\ufeff",
    "on",
    "fragment",
    "subscription",
    "null",
    "1e999",
    "-",
    "0x1",
    '"\\u{110000}"',
    '"\\ud800"',
    "{" * 80,
    "[" * 300,
)


def spoiled(document: str, random: Random) -> str:
    """The document with a few of its tokens taken out, doubled, moved, or joined by others."""
    tokens = _TOKEN.findall(document)
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        place = random.randrange(len(tokens) + 1)
        match random.randrange(5):
            case 0:
                del tokens[place : place + random.choice((1, 1, 4))]
            case 1:
                tokens[place:place] = tokens[place : place + random.choice((1, 4, 16))]
            case 2:
                tokens.insert(place, random.choice(_ODD))
            case 3:
                tokens[place : place + 1] = [random.choice(_ODD)]
            case _:
                other = random.randrange(len(tokens) + 1)
                tokens[other:other] = tokens[place : place + 3]
    return " ".join(tokens)
