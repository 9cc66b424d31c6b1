"""Accepting and rejecting what models found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.annotations import MAX_ANNOTATIONS, edit_time
from domain.errors import invalid, not_found
from domain.events import tell_project
from domain.ids import new_id
from domain.models.annotation import Annotation, PendingAnnotation, ReviewStatus
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.ports.annotations import PendingFilter
from domain.shapes import check_confidence

MAX_SHOWN = 1000
_CHUNK = 200


class ReviewDecision(StrEnum):
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class ReviewPending:
    """One decision for all pending annotations of a project that match."""

    project_id: str
    decision: ReviewDecision
    where: PendingFilter


@dataclass(frozen=True, slots=True)
class Review:
    """How many were decided on, and the annotations made of them, the first 1,000."""

    accepted: int
    rejected: int
    annotations: Sequence[Annotation]


async def review_pending(database: Database, principal: Principal, command: ReviewPending) -> Review:
    """Makes an annotation of each pending one (ACCEPT), or keeps it as rejected; what was reviewed before stays as it
    is, and is not counted. All or nothing.

    Raises INVALID for an empty list, NOT_FOUND for an id that is not of the project.
    """
    where = command.where
    check_confidence(where.min_confidence, "input", "minConfidence")
    if where.ids is not None and not 1 <= len(where.ids) <= MAX_ANNOTATIONS:
        text = f"Between 1 and {MAX_ANNOTATIONS} ids fit in a call; leave the list out for all that match."
        raise invalid(text, "input", "ids")

    async def work(uow: UnitOfWork) -> Review:
        # Two reviews at once would both find the same ones pending.
        await uow.projects.lock(command.project_id)
        project = await authorize_project(uow, principal, command.project_id, Action.ANNOTATE)
        await _check_ids(uow, command)
        review = await _review(uow, principal, command)
        if review.accepted or review.rejected:
            tell_project(uow, project)
        return review

    return await database.write(work)


async def _check_ids(uow: UnitOfWork, command: ReviewPending) -> None:
    ids = set(command.where.ids or ())
    found = await uow.pending.get_many(ids)
    assets = await uow.assets.get_many({one.asset_id for one in found.values()})
    if len(found) < len(ids) or any(asset.project_id != command.project_id for asset in assets.values()):
        raise not_found("pending annotation")


async def _review(uow: UnitOfWork, principal: Principal, command: ReviewPending) -> Review:
    """Chunk by chunk, so that never more than the ids of all are in memory."""
    ids = await uow.pending.waiting(command.project_id, command.where)
    if command.decision is ReviewDecision.REJECT:
        await uow.pending.set_status(ids, ReviewStatus.REJECTED)
        return Review(0, len(ids), ())
    shown: list[Annotation] = []
    accepted, now = 0, edit_time()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        found = await uow.pending.get_many(chunk)
        # Fewer when an image was deleted meanwhile.
        made = [_accepted(found[id_], now) for id_ in chunk if id_ in found]
        if made:
            await uow.annotations.add(made, principal.user_id)
        await uow.pending.set_status(chunk, ReviewStatus.ACCEPTED)
        shown += made[: MAX_SHOWN - len(shown)]
        accepted += len(made)
    return Review(accepted, 0, shown)


def _accepted(one: PendingAnnotation, now: datetime) -> Annotation:
    """A person looked at it: it is verified."""
    return Annotation(
        id=new_id(),
        asset_id=one.asset_id,
        weed_type=one.weed_type,
        box=one.box,
        polygon=one.polygon,
        geo_coordinates=None,
        confidence=one.confidence,
        verified=True,
        source=one.source,
        created_at=now,
        updated_at=now,
    )
