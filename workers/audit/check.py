"""A check: one or a few invariants that are looked at on the same way through the data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from workers.audit.finding import Checked, Finding


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something that looked wrong; `again` looks anew at the same subject, and tells what is wrong with it still."""

    finding: Finding
    again: Callable[[], Awaitable[Finding | None]]


class Check(ABC):
    """Used for one audit. `covers` has its invariants, and what their subjects are called in the plural."""

    def __init__(self, covers: Mapping[str, str]) -> None:
        self._covers = covers
        self.looked_at: Counter[str] = Counter()
        self.left_out: dict[str, str] = {}

    @abstractmethod
    def suspicions(self) -> AsyncIterator[Suspicion]:
        """Goes through all that there is, in bounded memory."""

    def checked(self) -> list[Checked]:
        return [
            Checked(invariant, subjects, self.looked_at[invariant], self.left_out.get(invariant))
            for invariant, subjects in self._covers.items()
        ]
