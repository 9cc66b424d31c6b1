"""What the loop's clients share."""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from fleet.caller import Caller
from fleet.ledger import Ledger, Story
from fleet.violation import Violation

# What is interrupted three times without getting further fails, and so does a training whose disk is full: that is
# what is promised of them.
_EXCUSED = re.compile(r"interrupted \d times|failed \d times in a row|disk is full")

_UNDER_WAY = ("QUEUED", "RUNNING", "PENDING")
_LOOK_SECONDS = 0.5


@dataclass
class World:
    """One project, and whoever asks of it. Clients end soon after `told` is set."""

    caller: Caller
    project_id: str
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    newest_version: str | None = None
    newest_model: str | None = None

    def key(self, what: str) -> str:
        """A fresh idempotency key."""
        key = f"{what} {len(self.ledger.keys)}"
        self.ledger.keys.add(key)
        return key

    async def pause(self, seconds: float) -> None:
        """Less when they are told to end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.told.wait(), seconds * self.chance.uniform(0.5, 1.5))

    async def outcome(self, document: str, id_: str) -> dict[str, Any]:
        """The object that the document selects, once its status is one to stay."""
        while True:
            found: dict[str, Any] = await self.caller.call(document, id=id_)
            if found["status"] not in _UNDER_WAY:
                return found
            await asyncio.sleep(_LOOK_SECONDS)

    async def followed(self, document: str, **variables: Any) -> list[dict[str, Any]]:
        """What the stream tells to its end, without passing news. Raises Violation for what is told twice."""
        events: list[dict[str, Any]] = []
        async with aclosing(self.caller.follow(document, **variables)) as stream:
            async for event in stream:
                if event.get("kind") == "BATCH":
                    continue
                if events and int(event["cursor"]) <= int(events[-1]["cursor"]):
                    raise Violation(f"A stream of {variables} told {event} after {events[-1]}.")
                events.append(event)
        self.ledger.stories.append(Story(document, variables, [event["cursor"] for event in events]))
        self.ledger.done["streams"] += 1
        return events

    def note_failure(self, what: str, reason: str | None) -> None:
        """Raises Violation for a reason that no fault of the loop's excuses."""
        if reason is None or not _EXCUSED.search(reason):
            raise Violation(f"{what} FAILED: {reason}")
        self.ledger.failures.append(f"{what}: {reason}")
