"""The auditor in a process of the fleet's, whose leases are as short as the workers'."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from adapters.object_store import open_object_store
from adapters.queue import connect_queue
from adapters.settings import Settings, load_settings
from adapters.silence import Silence
from db.database import SqlDatabase
from db.engine import create_engine
from domain.ports import ObjectStore
from fleet.audit_process import READ_BACK
from workers.audit.auditor import Auditor


def answer_audits() -> None:
    """A line of JSON for each line that comes: what the auditor finds, or what kept it from looking."""
    asyncio.run(_answer(load_settings()))


async def _answer(settings: Settings) -> None:
    # Whatever else is printed must not come between.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    async with open_object_store(settings) as store:
        while line := await asyncio.to_thread(sys.stdin.readline):
            try:
                answer = await _audit(settings, store, line.strip() == READ_BACK)
            except Exception as error:
                answer = {"findings": [], "looked_at": {}, "error": repr(error)}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


async def _audit(settings: Settings, store: ObjectStore, read_back: bool) -> dict[str, Any]:
    silence = Silence()
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
    try:
        async with await connect_queue(settings.redis_url) as redis:
            auditor = Auditor(database, store, redis, read_back=read_back)
            findings = [asdict(one) async for one in auditor.findings()]
            looked_at = {one.invariant: one.looked_at for one in auditor.checked()}
            return {"findings": findings, "looked_at": looked_at, "error": None}
    finally:
        await database.close()
