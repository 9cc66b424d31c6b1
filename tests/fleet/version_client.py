"""Who makes versions, and has some of them checked and exported."""

from __future__ import annotations

import hashlib

from cli.client import Client, UnavailableError
from fleet.violation import Violation
from fleet.world import World

_FEWEST_IMAGES = 9
_PAUSE_SECONDS = 8
_LOOK_SECONDS = 0.5
_CHECK_EACH, _EXPORT_EACH = 3, 4
_CREATE = """
mutation ($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id version } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($versionId: ID!, $after: String) {
  versionProgress(versionId: $versionId, after: $after) { cursor stage message }
}
"""
_VERIFY = """
mutation ($id: ID!) { verifyVersion(id: $id) { check { id } userErrors { code message field } } }
"""
_CHECK = """
query ($id: ID!) { node(id: $id) { ... on VersionCheck { status failureReason intact missing corrupt } } }
"""
_EXPORT = """
mutation ($id: ID!) { exportVersion(id: $id, format: YOLO) { export { id } userErrors { code message field } } }
"""
_EXPORT_PROGRESS = """
subscription ($exportId: ID!, $after: String) {
  exportProgress(exportId: $exportId, after: $after) { cursor export { status failureReason } }
}
"""
_EXPORTED = "query ($id: ID!) { node(id: $id) { ... on VersionExport { status sha256 url } } }"


async def make_versions(world: World) -> None:
    """Until it is told to end."""
    made = 0
    while not world.told.is_set():
        if len(world.ledger.annotations) < _FEWEST_IMAGES:
            await world.pause(_LOOK_SECONDS)
            continue
        version_id = await _made(world)
        if version_id is None:
            continue
        world.newest_version = version_id
        made += 1
        if made % _CHECK_EACH == 0:
            await _check(world, version_id)
        if made % _EXPORT_EACH == 1:
            await _export(world, version_id)
        await world.pause(_PAUSE_SECONDS)


async def _made(world: World) -> str | None:
    """A READY version's id."""
    splits = {"train": 0.5, "val": 0.25, "test": 0.25}
    order = {"projectId": world.project_id, "splits": splits, "idempotencyKey": world.key("version")}
    version = (await world.caller.call(_CREATE, input=order))["version"]
    version_id: str = version["id"]
    world.ledger.versions[version_id] = version["version"]
    events = await world.followed(_PROGRESS, versionId=version_id)
    if events[-1]["stage"] != "READY":
        world.note_failure(f"version {version_id}", events[-1]["message"])
        return None
    world.ledger.done["versions"] += 1
    return version_id


async def _check(world: World, version_id: str) -> None:
    check_id = (await world.caller.call(_VERIFY, id=version_id))["check"]["id"]
    world.ledger.checks.add(check_id)
    check = await world.outcome(_CHECK, check_id)
    if check["status"] != "COMPLETED":
        world.note_failure(f"check {check_id}", check["failureReason"])
    elif not check["intact"]:
        raise Violation(f"The check {check_id} of version {version_id} found it damaged: {check}")
    world.ledger.done["checks"] += 1


async def _export(world: World, version_id: str) -> None:
    export_id = (await world.caller.call(_EXPORT, id=version_id))["export"]["id"]
    world.ledger.exports.add(export_id)
    export = (await world.followed(_EXPORT_PROGRESS, exportId=export_id))[-1]["export"]
    if export["status"] != "READY":
        world.note_failure(f"export {export_id}", export["failureReason"])
        return

    async def download(client: Client) -> tuple[str, bytes]:
        known = await client.call(_EXPORTED, id=export_id)
        try:
            return known["sha256"], await client.download(known["url"])
        except Exception as error:
            raise UnavailableError(f"The archive did not come: {error}") from error

    sha256, archive = await world.caller.ask(download)
    if hashlib.sha256(archive).hexdigest() != sha256:
        raise Violation(f"The archive of export {export_id} has another SHA-256 than {sha256}.")
    world.ledger.done["exports"] += 1
