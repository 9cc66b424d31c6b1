"""Changing what was drawn: one annotation, many at once, or all of a class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Literal, TypeVar

from domain.annotations import MAX_ANNOTATIONS, edit_time
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_project
from domain.geo_json import check_geometry
from domain.models.annotation import Annotation
from domain.models.asset import Asset
from domain.models.geometry import Box, Point, bounding_box
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project, authorize_projects
from domain.ports import Database, UnitOfWork
from domain.shapes import checked_box, checked_class_name, checked_polygon

T = TypeVar("T")
_NAMES_SHOWN = 10
_SAME_PIXELS = 1e-6


class _Keep(Enum):
    KEEP = "KEEP"


KEEP: Final = _Keep.KEEP
"""A field that the caller left out: it stays as it is."""
Keep = Literal[_Keep.KEEP]


@dataclass(frozen=True, slots=True)
class UpdateAnnotation:
    """What one annotation shall be from now on; None clears. Pixels of the upright image."""

    id: str
    weed_type: str | Keep | None = KEEP
    box: Box | Keep | None = KEEP
    polygon: tuple[Point, ...] | Keep | None = KEEP
    geo_coordinates: object | Keep = KEEP
    verified: bool | Keep | None = KEEP
    expected_updated_at: datetime | None = None

    @property
    def empty(self) -> bool:
        changes = (getattr(self, field.name) for field in fields(self) if field.default is KEEP)
        return all(change is KEEP for change in changes)


async def update_annotation(database: Database, principal: Principal, command: UpdateAnnotation) -> Annotation:
    """The annotation as it is now.

    A new polygon without a box redraws the box around it. A new box without a polygon drops a polygon that it is not
    the bounding box of, since the two would mark different things. Raises INVALID for what cannot be empty or does not
    fit the image, NOT_FOUND, and CONFLICT when it is not as old as the caller expects.
    """
    if command.empty:
        raise invalid("Name at least one field to change: weedType, box, polygon, geoCoordinates or verified.", "input")

    async def work(uow: UnitOfWork) -> Annotation:
        ((before, asset),) = await _editable(uow, principal, [command.id])
        current = await uow.annotations.lock(before.id)
        if current is None:
            raise not_found("annotation")
        _check_age(current, command.expected_updated_at)
        changed = replace(_changed(current, command, asset), updated_at=edit_time(current.updated_at))
        await uow.annotations.update(changed)
        return changed

    return await database.write(work)


async def _editable(uow: UnitOfWork, principal: Principal, ids: Sequence[str]) -> list[tuple[Annotation, Asset]]:
    """Each annotation with its image. Raises NOT_FOUND for the first one that the caller may not know of."""
    found = await uow.annotations.get_many(ids)
    assets = await uow.assets.get_many({one.asset_id for one in found.values()})
    if len(found) < len(set(ids)) or any(one.asset_id not in assets for one in found.values()):
        raise not_found("annotation")
    project_ids = {asset.project_id for asset in assets.values()}
    await authorize_projects(uow, principal, project_ids, Action.ANNOTATE, "annotation")
    return [(one, assets[one.asset_id]) for one in found.values()]


def _check_age(current: Annotation, expected: datetime | None) -> None:
    if expected is None:
        return
    # A time without an offset is UTC, as all times here.
    at = expected if expected.tzinfo is not None else expected.replace(tzinfo=UTC)
    if at != current.updated_at:
        text = (
            f"The annotation was changed at {current.updated_at.isoformat()}, not at {at.isoformat()}: read it again,"
            " and repeat the change if it is still right."
        )
        raise DomainError(ErrorCode.CONFLICT, text, ("input", "expectedUpdatedAt"))


def _changed(current: Annotation, command: UpdateAnnotation, asset: Asset) -> Annotation:
    box, polygon = _shape(current, command, asset)
    name = _required(command.weed_type, current.weed_type, "A class name", "weedType")
    geometry = current.geo_coordinates
    if command.geo_coordinates is not KEEP:
        geometry = command.geo_coordinates
        if geometry is not None:
            check_geometry(geometry, "input", "geoCoordinates")
    return replace(
        current,
        weed_type=name if command.weed_type is KEEP else checked_class_name(name, "input", "weedType"),
        box=box,
        polygon=polygon,
        geo_coordinates=geometry,
        verified=_required(command.verified, current.verified, "Verified", "verified"),
    )


def _required(given: T | Keep | None, current: T, what: str, field: str) -> T:
    if given is None:
        raise invalid(f"{what} cannot be empty; leave the field out to keep it.", "input", field)
    return current if given is KEEP else given


def _shape(current: Annotation, command: UpdateAnnotation, asset: Asset) -> tuple[Box, tuple[Point, ...] | None]:
    box = _required(command.box, current.box, "A box", "box")
    if command.box is not KEEP:
        box = checked_box(box, asset, "input", "box")
    if command.polygon is KEEP:
        fits = command.box is KEEP or (current.polygon is not None and _same(box, bounding_box(current.polygon)))
        return box, current.polygon if fits else None
    if command.polygon is None:
        return box, None
    polygon = checked_polygon(command.polygon, asset, "input", "polygon")
    return (bounding_box(polygon) if command.box is KEEP else box), polygon


def _same(one: Box, other: Box) -> bool:
    corners = zip((one.x, one.y, one.right, one.bottom), (other.x, other.y, other.right, other.bottom), strict=True)
    return all(math.isclose(a, b, abs_tol=_SAME_PIXELS) for a, b in corners)


async def delete_annotations(database: Database, principal: Principal, ids: Sequence[str]) -> list[str]:
    """The ids, once each. All or nothing: NOT_FOUND when the caller may not know of one, or it is gone already."""
    if not 1 <= len(ids) <= MAX_ANNOTATIONS:
        raise invalid(f"Between 1 and {MAX_ANNOTATIONS} annotations can be deleted in a call.", "ids")
    distinct = list(dict.fromkeys(ids))

    async def work(uow: UnitOfWork) -> list[str]:
        await _editable(uow, principal, distinct)
        await uow.annotations.delete(distinct)
        return distinct

    return await database.write(work)


async def rename_class(
    database: Database, principal: Principal, project_id: str, old: str, new: str
) -> tuple[Project, int]:
    """The project, and how many annotations, drawn and pending, of the class `old` (byte by byte) are `new` now.

    Raises INVALID for a class that the project does not have, naming those that it has.
    """
    name = checked_class_name(new, "to")

    async def work(uow: UnitOfWork) -> tuple[Project, int]:
        # A review would otherwise make annotations of the old name meanwhile.
        await uow.projects.lock(project_id)
        project = await authorize_project(uow, principal, project_id, Action.ANNOTATE)
        if name == old:
            return project, 0
        changed = await uow.annotations.rename_class(project_id, old, name, edit_time())
        changed += await uow.pending.rename_class(project_id, old, name)
        if not changed:
            raise invalid(await _unknown_class(uow, project_id), "from")
        tell_project(uow, project)
        return project, changed

    return await database.write(work)


async def _unknown_class(uow: UnitOfWork, project_id: str) -> str:
    names = await uow.annotations.class_names(project_id, _NAMES_SHOWN + 1)
    if not names:
        return "The project has no annotations yet."
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" …" if len(names) > _NAMES_SHOWN else "")
    return f"The project has no class of that name; it has: {shown}."
