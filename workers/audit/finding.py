"""What an audit tells of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`invariant` is violated (its name, as docs/doctor.md explains it) by `subject`, which has the ids to find it by;
    `message` says what is wrong and what an operator can do."""

    invariant: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How many `subjects`, a noun in the plural, were held against the invariant; or why it was `left_out`."""

    invariant: str
    subjects: str
    looked_at: int
    left_out: str | None = None
