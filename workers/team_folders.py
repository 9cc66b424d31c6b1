"""The folders that a team has in the object store: what lies in each, and who needs it. There is no other such list."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from domain.models.asset import UploadState
from domain.ports import UnitOfWork

Needed = Callable[[UnitOfWork, str, Collection[str]], Awaitable[set[str]]]
"""Of a team and names of objects, those names that somebody needs."""

_SHA256 = "[0-9a-f]{64}"
_MANIFEST = rf"[^/]+/versions/[^/]+/manifest-{_SHA256}\.json"


@dataclass(frozen=True, slots=True)
class Busy:
    """Work that may be about to name an object that nobody names yet; `is_on` tells of a team whether it is."""

    what: str
    is_on: Callable[[UnitOfWork, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class TeamFolder:
    """Objects of one kind.

    Keys are `teams/<team id>/<path>` and then what `form` describes; the first group of `form` is the object's name, or
    the whole key where it has none. What is of another form is not ours, and left alone. While the team is busy with
    `busy`, nothing there is judged. What is `watched` goes by the list of watched originals. Folders that are `swept`
    workers look through every hour; the others are large, and for the operator to ask for.
    """

    kind: str
    path: str
    form: str
    needed: Needed
    busy: Busy | None = None
    watched: bool = False
    swept: bool = False

    def prefix(self, team_id: str) -> str:
        return f"teams/{team_id}/{self.path}"

    def name(self, team_id: str, key: str) -> str | None:
        """What the object of that key is known by; None when it is none of ours."""
        found = re.fullmatch(self.form, key.removeprefix(self.prefix(team_id)))
        if found is None:
            return None
        return found[1] if found.re.groups else key


async def _open_uploads(uow: UnitOfWork, _: str, ids: Collection[str]) -> set[str]:
    uploads = await uow.uploads.get_many(ids)
    return {id_ for id_, one in uploads.items() if one.status in (UploadState.OPEN, UploadState.VERIFYING)}


async def _files(uow: UnitOfWork, _: str, ids: Collection[str]) -> set[str]:
    return set(await uow.files.get_many(ids))


async def _nobody(uow: UnitOfWork, _: str, names: Collection[str]) -> set[str]:
    """They can be had again at any time."""
    return set()


async def _originals(uow: UnitOfWork, team_id: str, digests: Collection[str]) -> set[str]:
    return await uow.object_names.originals(team_id, digests)


async def _manifests(uow: UnitOfWork, team_id: str, keys: Collection[str]) -> set[str]:
    return await uow.object_names.manifests(team_id, keys)


async def _weights(uow: UnitOfWork, team_id: str, keys: Collection[str]) -> set[str]:
    return await uow.object_names.weights(team_id, keys)


async def _model_files(uow: UnitOfWork, team_id: str, digests: Collection[str]) -> set[str]:
    return await uow.object_names.models(team_id, digests)


async def _states(uow: UnitOfWork, team_id: str, job_ids: Collection[str]) -> set[str]:
    return await uow.object_names.resumable(team_id, job_ids)


async def _archives(uow: UnitOfWork, team_id: str, keys: Collection[str]) -> set[str]:
    return await uow.object_names.archives(team_id, keys)


_SNAPSHOTS = Busy("a version is being made", lambda uow, team_id: uow.object_names.snapshot_runs(team_id))
_TRAININGS = Busy("a training is under way", lambda uow, team_id: uow.object_names.training_runs(team_id))
_EXPORTS = Busy("a version is being exported", lambda uow, team_id: uow.object_names.export_runs(team_id))

TEAM_FOLDERS = (
    TeamFolder("originals", "originals/", f"[0-9a-f]{{2}}/({_SHA256})", _originals, _SNAPSHOTS, watched=True),
    TeamFolder(
        "thumbnails", "thumbnails/", rf"[0-9a-f]{{2}}/({_SHA256})-\d+\.jpg", _originals, _SNAPSHOTS, watched=True
    ),
    TeamFolder("manifests", "projects/", _MANIFEST, _manifests, _SNAPSHOTS, swept=True),
    TeamFolder("weights", "weights/", rf"{_SHA256}\.pt", _weights, _TRAININGS),
    TeamFolder("model files", "models/", rf"({_SHA256})/{_SHA256}\.\w+", _model_files, _TRAININGS),
    TeamFolder("training states", "attempts/", rf"([^/]+)/{_SHA256}\.pt", _states, swept=True),
    TeamFolder("archives", "exports/", r"[^/]+/\d+\.zip", _archives, _EXPORTS, swept=True),
    TeamFolder("uploads", "uploads/", "([^/]+)", _open_uploads, swept=True),
    TeamFolder("files", "files/uploads/", "([^/]+)", _files, swept=True),
    TeamFolder("exports", "files/exports/", ".+", _nobody, swept=True),
    TeamFolder("diffs", "diffs/", ".+", _nobody, swept=True),
    TeamFolder("probes", "probes/", ".+", _nobody, swept=True),
)
