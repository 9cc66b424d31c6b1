"""Rounds of one fault and one audit each, on a loop that goes on, and the loop's end."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from cli.client import Client
from fleet.audit import Audit
from fleet.books import Books
from fleet.faults import FAULTS
from fleet.fleet import Fleet
from fleet.image_client import bring_images
from fleet.journal import Journal
from fleet.ledger import Story
from fleet.model_client import train_models
from fleet.version_client import make_versions
from fleet.violation import Violation
from fleet.watcher import Watcher
from fleet.world import World

_BREATH_SECONDS = 0.5
_MODEL_SECONDS, _CLIENTS_END_SECONDS, _QUIET_SECONDS = 300, 240, 90


class Rounds:
    def __init__(self, fleet: Fleet, world: World, books: Books, journal: Journal) -> None:
        self._fleet = fleet
        self._world = world
        self._books = books
        self._journal = journal
        self._audit = Audit(fleet, books)
        self._watcher = Watcher(world)
        self._at = "before the first round"

    async def run(self, faults: Sequence[str], chance: random.Random, with_model: bool) -> None:
        """All of them while the clients are at it, and then a last look at what they left; `with_model` begins when
        there is a model to work with. Raises Violation."""
        clients = [asyncio.create_task(client(self._world)) for client in (bring_images, make_versions, train_models)]
        watching = asyncio.create_task(self._watcher.watch())
        rounds = asyncio.create_task(self._rounds(faults, chance, with_model))
        try:
            await _first_end([*clients, watching], rounds)
            self._world.told.set()
            async with asyncio.timeout(_CLIENTS_END_SECONDS):
                await asyncio.gather(*clients)
            self._at = "after the last round"
            await self._settled(watching)
        except Exception as error:
            error.add_note(f"That was {self._at}.")
            raise
        finally:
            for task in (*clients, watching, rounds):
                task.cancel()
            await asyncio.gather(*clients, watching, rounds, return_exceptions=True)

    async def _rounds(self, faults: Sequence[str], chance: random.Random, with_model: bool) -> None:
        async with asyncio.timeout(_MODEL_SECONDS):
            while with_model and self._world.newest_model is None:  # noqa: ASYNC110 - the client tells nobody else
                await asyncio.sleep(0.5)
        await self._audit.clean()
        for number, name in enumerate(faults, 1):
            self._at = f"round {number} of {len(faults)}: {name}"
            began = time.monotonic()
            struck = await FAULTS[name](self._fleet, chance)
            over = time.monotonic()
            await self._fleet.answers()
            answered = time.monotonic()
            await self._audit.clean()
            ended = time.monotonic()
            text = f"{self._at} ({struck}), {over - began:.1f} s; "
            text += f"answers after {answered - over:.1f} s, whole after {ended - over:.1f} s; "
            self._journal.note(text + self._done())
            await asyncio.sleep(_BREATH_SECONDS * chance.random())

    async def _settled(self, watching: asyncio.Task[None]) -> None:
        """Every job is final, every stream tells again what it told, and every byte is there."""
        async with asyncio.timeout(_QUIET_SECONDS):
            while await self._books.unfinished():  # noqa: ASYNC110 - no part tells of all kinds of work
                await asyncio.sleep(0.5)
            while self._watcher.seq < await self._books.head(self._world.project_id):
                if watching.done():
                    watching.result()
                await asyncio.sleep(0.1)
        for story in self._world.ledger.stories:
            await self._told_again(story)
        await self._audit.clean(read_back=True)
        self._journal.note(f"settled; {self._done()}; failed as promised: {self._world.ledger.failures}")
        self._journal.note(f"the last audit looked at {dict(self._fleet.auditor.looked_at)}")

    async def _told_again(self, story: Story) -> None:
        async def tell(client: Client) -> list[str]:
            return [event["cursor"] async for event in client.follow(story.document, **story.variables)]

        told = await self._world.caller.ask(tell)
        if told != story.cursors:
            text = f"A stream of {story.variables} told {story.cursors}, over connections that broke, and tells {told}."
            raise Violation(text)

    def _done(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in sorted(self._world.ledger.done.items()))


async def _first_end(endless: Sequence[asyncio.Task[None]], rounds: asyncio.Task[None]) -> None:
    """Returns when the rounds are over; raises what ends any of them before."""
    waiting: set[asyncio.Task[None]] = {*endless, rounds}
    while not rounds.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    rounds.result()
