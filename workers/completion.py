"""Images of an adopted database, and of releases before: what was never read of them is filled in, one by one."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path

import structlog

from domain.keys import original_key
from domain.models.asset import Asset, ImageFacts
from domain.ports import Database, ObjectStore, Original, UnitOfWork
from workers.digest import sha256_of
from workers.originals import keep_original
from workers.sandbox.image import sandboxed_image_facts
from workers.sandbox.outcome import UnreadableFileError
from workers.sandbox.pool import SandboxPool

_LOOK_SECONDS = 60
_AT_ONCE = 20
_log = structlog.get_logger(__name__)


class Completion:
    """Copies each incomplete image to its content key and fills its row. Several workers may do the same: it is only
    done twice."""

    def __init__(self, database: Database, store: ObjectStore, sandbox: SandboxPool, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self._work_dir = work_dir
        self._after = ""

    async def run(self) -> None:
        """Looks once a minute, until it is cancelled."""
        while True:
            try:
                while await self.complete_some() == _AT_ONCE:
                    pass
            except Exception:
                _log.exception("completion_failed")
            await asyncio.sleep(_LOOK_SECONDS)

    async def complete_some(self) -> int:
        """Deals with the next images in the order of their ids; how many there were."""
        after = self._after
        found = await self._database.read(lambda uow: uow.assets.incomplete(after, _AT_ONCE))
        for asset, team_id in found:
            try:
                with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="complete-") as folder:
                    await self._complete(asset, team_id, Path(folder))
            except Exception:
                # Its turn comes again when all the others had theirs.
                _log.exception("image_not_completed_now", asset=asset.id)
            self._after = asset.id
        if len(found) < _AT_ONCE:
            self._after = ""
        return len(found)

    async def _complete(self, asset: Asset, team_id: str, folder: Path) -> None:
        path = folder / "image"
        try:
            tag = await self._store.download(asset.s3_key, path)
            facts = await sandboxed_image_facts(self._sandbox, path, folder)
        except KeyError:
            await self._give_up(asset, "Its bytes are not in the object store; upload the image again.")
            return
        except UnreadableFileError as fault:
            await self._give_up(asset, fault.message)
            return
        sha256 = await asyncio.to_thread(sha256_of, path)
        await keep_original(self._database, self._store, Original(team_id, sha256), asset.s3_key, tag, folder)
        size = path.stat().st_size
        await self._database.write(
            partial(_fill, asset=asset, key=original_key(team_id, sha256), sha256=sha256, size=size, facts=facts)
        )

    async def _give_up(self, asset: Asset, reason: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.assets.update(asset.id, facts_error=reason)

        _log.warning("image_not_completed", asset=asset.id, reason=reason)
        await self._database.write(work)


async def _fill(uow: UnitOfWork, asset: Asset, key: str, sha256: str, size: int, facts: ImageFacts) -> None:
    await uow.projects.lock(asset.project_id)
    same = (await uow.assets.by_digest(asset.project_id, [sha256])).get(sha256)
    if same is not None and same.id != asset.id:
        reason = f"It has the same bytes as {same.filename}, which is in the project too; delete this one."
        await uow.assets.update(asset.id, facts_error=reason)
        return
    await uow.assets.update(
        asset.id,
        s3_key=key,
        sha256=sha256,
        size_bytes=size,
        content_type=facts.content_type,
        width=facts.width,
        height=facts.height,
        orientation=facts.orientation,
        gps_latitude=asset.gps_latitude if asset.gps_latitude is not None else facts.gps_latitude,
        gps_longitude=asset.gps_longitude if asset.gps_longitude is not None else facts.gps_longitude,
        captured_at=asset.captured_at or facts.captured_at,
        perceptual_hash=facts.perceptual_hash,
    )
