"""What models found, as rows for tests, and the people around a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db.database import SqlDatabase
from domain.ids import new_id
from domain.models.annotation import Annotation, AnnotationSource, PendingAnnotation, ReviewStatus
from domain.models.asset import Asset
from domain.models.geometry import Box, Point
from domain.models.people import TeamRole
from seeds import Home, add_images, join, make_home
from stack import Caller, Stack


def found(
    asset: Asset,
    weed_type: str = "wattle",
    confidence: float = 0.5,
    status: ReviewStatus = ReviewStatus.PENDING,
    polygon: tuple[Point, ...] | None = None,
) -> PendingAnnotation:
    return PendingAnnotation(
        id=new_id(),
        asset_id=asset.id,
        weed_type=weed_type,
        box=Box(10, 20, 30, 40),
        polygon=polygon,
        confidence=confidence,
        source=AnnotationSource.AI,
        status=status,
        model_id=None,
        created_at=datetime.now(UTC),
    )


async def add_pending(database: SqlDatabase, *pending: PendingAnnotation) -> list[PendingAnnotation]:
    await database.write(lambda uow: uow.pending.add(*pending))
    return list(pending)


async def statuses(database: SqlDatabase, pending: Sequence[PendingAnnotation]) -> list[ReviewStatus]:
    rows = await database.read(lambda uow: uow.pending.get_many([one.id for one in pending]))
    return [rows[one.id].status for one in pending]


@dataclass(frozen=True, slots=True)
class Block:
    """A project with images, and who works on it: its owner, a member, a viewer, and somebody of another team."""

    api: Stack
    home: Home
    assets: list[Asset]
    owner: Caller
    member: Caller
    viewer: Caller
    stranger: Caller

    @property
    def database(self) -> SqlDatabase:
        return self.api.database

    async def drawn(self) -> dict[str, Annotation]:
        """Every annotation of the project by its id."""
        of_assets = await self.database.read(lambda uow: uow.annotations.of_assets([one.id for one in self.assets]))
        return {one.id: one for annotations in of_assets.values() for one in annotations}

    async def refused(self, caller: Caller, document: str, **variables: Any) -> tuple[str, str]:
        """The one user error of a mutation that changed no annotation: its code, and the path of its field."""
        before = await self.drawn()
        answer = await caller.data(document, **variables)
        assert await self.drawn() == before
        (error,) = answer["userErrors"]
        assert error["message"]
        return error["code"], ".".join(error["field"] or ())


async def make_block(api: Stack, *names: str) -> Block:
    home, elsewhere = await make_home(api.database), await make_home(api.database, "South block")
    assets = await add_images(api.database, home.project, names or ("one", "two"))
    member, viewer = [await join(api.database, home.team, role) for role in (TeamRole.MEMBER, TeamRole.VIEWER)]
    callers = [api.caller(user) for user in (home.owner, member, viewer, elsewhere.owner)]
    return Block(api, home, assets, *callers)
