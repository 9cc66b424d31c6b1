"""Examples of GraphQL on a page, each a document with its variables and the answer, in blocks of their own.

In an answer `…` stands for whatever comes, and a name in angle brackets, as `<project>`, for what the next variables of
that name are given. An object has at least the fields that the example shows; a list that ends with `…` may go on.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from cli.client import Client
from docs.blocks import Block

ANYTHING = "…"

_NAME = re.compile(r"<[a-z][a-z0-9-]*>")
_PATIENCE = 180


@dataclass(frozen=True, slots=True)
class Example:
    """`answer` is the whole of a response; of a subscription, one event that comes."""

    block: Block
    variables: Any
    answer: Any

    @property
    def subscribes(self) -> bool:
        return self.block.text.startswith("subscription")


def examples(page: Iterable[Block]) -> Iterator[Example | Block]:
    """The examples of a page, and its blocks in other languages, in their order. Raises ValueError for a document
    without an answer."""
    waiting: Block | None = None
    variables: Any = {}
    for block in page:
        if block.language == "graphql":
            if waiting is not None:
                raise ValueError(f"{waiting} has no answer")
            waiting, variables = block, {}
        elif waiting is not None and block.language == "json" and block.note == "variables":
            variables = json.loads(block.text)
        elif waiting is not None and block.language == "json":
            yield Example(waiting, variables, json.loads(block.text))
            waiting = None
        else:
            yield block
    if waiting is not None:
        raise ValueError(f"{waiting} has no answer")


class Names:
    """What the names in angle brackets stand for so far."""

    def __init__(self, **known: Any) -> None:
        self._known = {f"<{name}>": value for name, value in known.items()}

    def __getitem__(self, name: str) -> Any:
        return self._known[f"<{name}>"]

    def fill(self, value: Any) -> Any:
        """The value with every name in it replaced. Raises KeyError for one that nothing has told."""
        if isinstance(value, str) and _NAME.fullmatch(value):
            return self._known[value]
        if isinstance(value, dict):
            return {name: self.fill(one) for name, one in value.items()}
        return [self.fill(one) for one in value] if isinstance(value, list) else value

    def take(self, shown: Any, given: Any) -> str | None:
        """Where `given` is another answer than the one that is shown; None, and its names kept, where it is that."""
        found: dict[str, Any] = {}
        difference = next(_differences(shown, given, "answer", self._known, found), None)
        if difference is None:
            self._known |= found
        return difference


def _differences(shown: Any, given: Any, place: str, known: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    if shown == ANYTHING:
        return
    if isinstance(shown, str) and _NAME.fullmatch(shown):
        if {**known, **found}.setdefault(shown, given) != given:
            yield f"{place}: {given!r} is not what {shown} stood for before"
        found[shown] = given
    elif isinstance(shown, dict) and isinstance(given, dict):
        for name, one in shown.items():
            if name in given:
                yield from _differences(one, given[name], f"{place}.{name}", known, found)
            else:
                yield f"{place}: no {name} in {given!r}"
    elif isinstance(shown, list) and isinstance(given, list):
        open_ended = shown[-1:] == [ANYTHING]
        wanted = shown[:-1] if open_ended else shown
        if len(given) < len(wanted) or (len(given) > len(wanted) and not open_ended):
            yield f"{place}: {len(given)} instead of {len(wanted)} in {given!r}"
        for number, (one, other) in enumerate(zip(wanted, given, strict=False)):
            yield from _differences(one, other, f"{place}[{number}]", known, found)
    elif shown != given:
        yield f"{place}: {given!r} instead of {shown!r}"


async def check(example: Example, client: Client, token: str, names: Names) -> None:
    """Raises AssertionError where the server answers otherwise than the page shows."""
    variables = names.fill(example.variables)
    if example.subscribes:
        await _await_event(example, client, variables, names)
        return
    async with httpx.AsyncClient(timeout=_PATIENCE) as http:
        answer = await http.post(
            f"{client.address}/graphql",
            json={"query": example.block.text, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
        )
    difference = names.take(example.answer, answer.json())
    assert difference is None, f"{example.block}: {difference}"


async def _await_event(example: Example, client: Client, variables: dict[str, Any], names: Names) -> None:
    (root,) = example.answer["data"]
    difference: str | None = "no event came"
    async with asyncio.timeout(_PATIENCE):
        async for event in client.follow(example.block.text, **variables):
            difference = names.take(example.answer, {"data": {root: event}})
            if difference is None:
                return
    raise AssertionError(f"{example.block}: of no event as shown; of the last one {difference}")
