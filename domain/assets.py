"""Images of a project: reading one, and deleting many."""

from __future__ import annotations

from collections.abc import Sequence

from domain.errors import invalid, not_found
from domain.events import tell_project
from domain.models.asset import Asset
from domain.models.people import Principal
from domain.policies import Action, authorize_project, authorize_projects
from domain.ports import Database, Original, UnitOfWork

MAX_DELETED = 1000


async def readable_asset(uow: UnitOfWork, principal: Principal, asset_id: str) -> Asset:
    """The image, when the caller may read its project. Raises NOT_FOUND otherwise."""
    asset = await uow.assets.get(asset_id)
    if asset is None:
        raise not_found("asset")
    await authorize_project(uow, principal, asset.project_id, Action.READ, "asset")
    return asset


async def delete_assets(database: Database, principal: Principal, ids: Sequence[str]) -> list[str]:
    """Takes images out of their projects, with all that was drawn on them; all of them or none.

    Versions that froze an image keep it, and its bytes. Bytes that nothing names are collected a day later. Raises
    NOT_FOUND for an image that is not there, or is another team's.
    """
    wanted = list(dict.fromkeys(ids))
    if not 1 <= len(wanted) <= MAX_DELETED:
        raise invalid(f"Between 1 and {MAX_DELETED} images can be deleted in a call.", "ids")

    async def work(uow: UnitOfWork) -> None:
        known = await _all_of(uow, wanted)
        project_ids = {asset.project_id for asset in known}
        projects = await authorize_projects(uow, principal, project_ids, Action.DELETE_ASSETS, "asset")
        for project_id in projects:
            # Whoever writes annotations of many images counts on it that none of them goes meanwhile.
            await uow.projects.lock(project_id)
        assets = await _all_of(uow, wanted)
        originals = []
        for project_id, project in projects.items():
            mine = [asset for asset in assets if asset.project_id == project_id]
            originals += [Original(project.team_id, asset.sha256) for asset in mine if asset.sha256]
            tell_project(uow, project)
        await uow.assets.delete(wanted)
        await uow.watched_originals.watch(originals)

    await database.write(work)
    return wanted


async def _all_of(uow: UnitOfWork, ids: Sequence[str]) -> list[Asset]:
    """Raises NOT_FOUND where one is missing."""
    found = await uow.assets.get_many(ids)
    if len(found) < len(ids):
        raise not_found("asset")
    return list(found.values())
