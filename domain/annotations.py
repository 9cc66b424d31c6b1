"""Marking objects on images."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.geo_json import check_geometry
from domain.ids import new_id
from domain.models.annotation import Annotation, AnnotationCall, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box, Point
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.shapes import check_confidence, checked_class_name, checked_shape
from domain.versions import checked_idempotency_key

MAX_ANNOTATIONS = 1000
MAX_POINTS_A_CALL = 200_000
TICK = timedelta(milliseconds=1)
"""Times of annotations are whole milliseconds: what a column of a database from before versioning may keep, and what a
browser can send back."""


@dataclass(frozen=True, slots=True)
class NewAnnotation:
    """A box, a polygon, or both, in upright pixels; a box that is left out is drawn around the polygon."""

    asset_id: str
    weed_type: str
    box: Box | None
    polygon: tuple[Point, ...] | None
    geo_coordinates: object
    confidence: float | None
    verified: bool
    source: AnnotationSource


async def create_annotations(
    database: Database,
    principal: Principal,
    project_id: str,
    drawn: Sequence[NewAnnotation],
    idempotency_key: str | None = None,
) -> list[Annotation]:
    """All or nothing. Calls with the same key and input answer with the annotations of the first one that are left.

    Raises INVALID with the path of the first one at fault, NOT_FOUND for an image of another project, and
    IDEMPOTENCY_MISMATCH for a key used with other input.
    """
    key = checked_idempotency_key(idempotency_key)
    if not 1 <= len(drawn) <= MAX_ANNOTATIONS:
        raise invalid(f"Between 1 and {MAX_ANNOTATIONS} annotations fit in a call.", "input", "annotations")

    if sum(len(one.polygon or ()) for one in drawn) > MAX_POINTS_A_CALL:
        text = f"The polygons of a call have at most {MAX_POINTS_A_CALL:,} points together; make several calls."
        raise DomainError(ErrorCode.LIMIT, text, ("input", "annotations"))

    async def work(uow: UnitOfWork) -> list[Annotation]:
        if key is not None:
            # Before anything is read, so that of several calls with one key the later ones see the first one's.
            await uow.projects.lock(project_id)
        await authorize_project(uow, principal, project_id, Action.ANNOTATE)
        call = await uow.annotation_calls.find(project_id, key) if key is not None else None
        if call is not None:
            return await _made_before(uow, call, drawn)
        annotations = await _checked(uow, project_id, drawn)
        await uow.annotations.add(annotations, principal.user_id)
        if key is not None:
            ids = tuple(one.id for one in annotations)
            at = annotations[0].created_at
            await uow.annotation_calls.add(AnnotationCall(new_id(), project_id, key, _digest(drawn), ids, at))
        return annotations

    return await database.write(work)


def edit_time(before: datetime | None = None) -> datetime:
    """Now, in whole milliseconds, and later than `before` by at least one."""
    now = datetime.now(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return now if before is None else max(now, before + TICK)


def _digest(drawn: Sequence[NewAnnotation]) -> str:
    """A fingerprint of all that the caller asked for, but the key."""
    return hashlib.sha256(json.dumps([asdict(one) for one in drawn], sort_keys=True).encode()).hexdigest()


async def _made_before(uow: UnitOfWork, call: AnnotationCall, drawn: Sequence[NewAnnotation]) -> list[Annotation]:
    if call.input_digest != _digest(drawn):
        made = len(call.annotation_ids)
        other = "as many, but others" if made == len(drawn) else f"{len(drawn)}"
        text = f"This idempotency key made {made} annotations; this call has {other}. Use another key."
        raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH, text, ("input", "idempotencyKey"))
    left = await uow.annotations.get_many(call.annotation_ids)
    return [left[id_] for id_ in call.annotation_ids if id_ in left]


async def _checked(uow: UnitOfWork, project_id: str, drawn: Sequence[NewAnnotation]) -> list[Annotation]:
    assets = await uow.assets.get_many({one.asset_id for one in drawn})
    if any(one.asset_id not in assets or assets[one.asset_id].project_id != project_id for one in drawn):
        raise not_found("asset")
    # Many points take their time, and others wait for answers meanwhile.
    return await asyncio.to_thread(_annotations, drawn, assets)


def _annotations(drawn: Sequence[NewAnnotation], assets: Mapping[str, Asset]) -> list[Annotation]:
    now = edit_time()
    return [
        _annotation(one, assets[one.asset_id], ("input", "annotations", str(index)), now)
        for index, one in enumerate(drawn)
    ]


def _annotation(one: NewAnnotation, asset: Asset, path: tuple[str, ...], now: datetime) -> Annotation:
    name = checked_class_name(one.weed_type, *path, "weedType")
    check_confidence(one.confidence, *path, "confidence")
    if one.geo_coordinates is not None:
        check_geometry(one.geo_coordinates, *path, "geoCoordinates")
    box, polygon = checked_shape(one.box, one.polygon, asset, path)
    return Annotation(
        id=new_id(),
        asset_id=asset.id,
        weed_type=name,
        box=box,
        polygon=polygon,
        geo_coordinates=one.geo_coordinates,
        confidence=one.confidence,
        verified=one.verified,
        source=one.source,
        created_at=now,
        updated_at=now,
    )
