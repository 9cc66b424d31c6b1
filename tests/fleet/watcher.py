"""Who follows a project's stream all the time."""

from __future__ import annotations

from contextlib import aclosing

from fleet.violation import Violation
from fleet.world import World

_EVENTS = """
subscription ($projectId: ID!, $after: String) {
  projectEvents(projectId: $projectId, after: $after) { cursor kind }
}
"""


class Watcher:
    """`seq` is the last event that was told; nothing that the project's stream names is ever deleted here, so that all
    of its events are told."""

    def __init__(self, world: World) -> None:
        self.seq = 0
        self._world = world

    async def watch(self) -> None:
        """From the stream's first event on, without end. Raises Violation where one is missing, or told twice."""
        events = self._world.caller.follow(_EVENTS, "0", projectId=self._world.project_id)
        async with aclosing(events):
            async for event in events:
                seq = int(event["cursor"])
                if seq != self.seq + 1:
                    raise Violation(f"projectEvents told {event} after the event {self.seq}.")
                self.seq = seq
                self._world.ledger.done["project events"] += 1
