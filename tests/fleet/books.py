"""The ledger held against the database: all that was acknowledged is there, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.tables import (
    annotation_sessions,
    assets,
    detection_jobs,
    event_streams,
    manual_annotations,
    model_deployments,
    model_evaluations,
    trained_models,
    training_datasets,
    training_jobs,
    uploads,
    version_checks,
    version_exports,
)
from domain.events import project_stream
from fleet.ledger import Ledger

_UNFINISHED = ("CREATING", "QUEUED", "PREPARING", "RUNNING", "RENDERING", "PENDING", "VERIFYING")


class Books:
    def __init__(self, engine: AsyncEngine, ledger: Ledger) -> None:
        self._engine = engine
        self._ledger = ledger

    async def faults(self) -> list[str]:
        """What is lost, or there twice, in sentences."""
        ledger = self._ledger
        # What is acknowledged while this reads is not looked for; what was told to go may be gone.
        images = {asset: sha256 for sha256, asset in ledger.images.items() if asset not in ledger.leaving}
        annotations = {asset: made for asset, made in ledger.annotations.items() if asset in images}
        models, versions, gone, jobs = dict(ledger.models), dict(ledger.versions), set(ledger.gone), set(ledger.jobs)
        there = [
            (version_checks, set(ledger.checks)),
            (version_exports, set(ledger.exports)),
            (model_evaluations, set(ledger.evaluations)),
            (model_deployments, set(ledger.deployments)),
        ]
        async with self._engine.connect() as connection:
            found = [fault for table, ids in there for fault in await _missing(connection, table, ids)]
            jobs -= {row.id for row in await _rows(connection, select(training_jobs.c.id))}
            found += await _missing(connection, detection_jobs, jobs)
            known = await _pairs(connection, select(training_datasets.c.id, training_datasets.c.version))
            found += _differences("The number of version", versions, known)
            known = await _pairs(connection, select(trained_models.c.training_job_id, trained_models.c.id))
            found += _differences("The model of training", models, known)
            known = await _pairs(connection, select(assets.c.id, assets.c.sha256))
            found += _differences("The image", images, known)
            found += [f"The image {asset} was deleted, and is there." for asset in gone & known.keys()]
            found += _differences("The annotations of", annotations, await _annotations(connection, annotations))
            for table in (training_datasets, training_jobs, detection_jobs):
                keys = {row[0] for row in await _rows(connection, select(table.c.idempotency_key))}
                found += [f"Nobody asked for {table.name} by the key {key}." for key in keys - ledger.keys]
        return found

    async def unfinished(self) -> list[str]:
        """What is not in a final state."""
        tables = (
            *(training_datasets, version_checks, version_exports, training_jobs, detection_jobs),
            *(model_evaluations, model_deployments, uploads),
        )
        async with self._engine.connect() as connection:
            return [
                f"{table.name} {row.id} is {row.status}."
                for table in tables
                for row in await _rows(
                    connection, select(table.c.id, table.c.status).where(table.c.status.in_(_UNFINISHED))
                )
            ]

    async def head(self, project_id: str) -> int:
        """The last event of the project's stream."""
        last = select(event_streams.c.seq).where(event_streams.c.stream == project_stream(project_id))
        async with self._engine.connect() as connection:
            return int((await connection.execute(last)).scalar_one())


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[Any]:
    return list((await connection.execute(query)).all())


async def _pairs(connection: AsyncConnection, query: Select[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in await _rows(connection, query)}


async def _missing(connection: AsyncConnection, table: Table, ids: Collection[str]) -> list[str]:
    known = {row.id for row in await _rows(connection, select(table.c.id).where(table.c.id.in_(ids)))}
    return [f"{table.name} {one} was acknowledged, and is not there." for one in set(ids) - known]


async def _annotations(connection: AsyncConnection, asset_ids: Collection[str]) -> dict[str, frozenset[str]]:
    of, made = annotation_sessions.c.asset_id, manual_annotations
    query = select(of, made.c.id).join_from(annotation_sessions, made).where(of.in_(asset_ids))
    found: dict[str, set[str]] = defaultdict(set)
    for asset_id, annotation_id in await _rows(connection, query):
        found[asset_id].add(annotation_id)
    return {asset_id: frozenset(ids) for asset_id, ids in found.items()}


def _differences(what: str, acknowledged: Mapping[str, object], known: Mapping[str, object]) -> list[str]:
    return [
        f"{what} {key} was acknowledged as {wanted}, and is {known.get(key)}."
        for key, wanted in acknowledged.items()
        if known.get(key) != wanted
    ]
