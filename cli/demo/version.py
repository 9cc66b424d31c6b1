"""Frozen dataset versions, and proof of what they hold."""

import hashlib
from dataclasses import dataclass

from cli.client import ApiError, Client
from cli.demo.plan import Plan
from cli.demo.screen import Step
from cli.version.making import create_version, made_version
from cli.version.wording import numbers

_ASSETS = """
query ($id: ID!, $split: Split!, $after: String) {
  version(id: $id) {
    assets(first: 200, after: $after, split: $split) {
      nodes { sha256 }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


@dataclass(frozen=True)
class FrozenVersion:
    """A version that is READY.

    `learned` and `tested` are the SHA-256 of the images of TRAIN with VAL, and of TEST; `manifest_shown` is what the
    server says of the manifest, `manifest_downloaded` what was computed from its bytes. All in hex.
    """

    id: str
    number: int
    manifest_shown: str
    manifest_downloaded: str
    learned: frozenset[str]
    tested: frozenset[str]


async def freeze(client: Client, project_id: str, plan: Plan, step: Step) -> FrozenVersion:
    """Makes the next version of the project and waits until it is READY. Raises ApiError when its snapshot fails."""
    order = {
        "projectId": project_id,
        "preprocessing": plan.preprocessing,
        "augmentation": plan.augmentation,
        "splits": plan.splits,
    }
    version_id = (await create_version(client, order))["version"]["id"]
    version = await made_version(client, version_id, step.show)
    if version["status"] != "READY":
        raise ApiError(f"Version {version['version']} is {version['status']}: {version['failureReason']}")
    step.say(f"{numbers(version)}, manifest {version['manifest']['sha256'][:12]}…")
    return FrozenVersion(
        id=version_id,
        number=version["version"],
        manifest_shown=version["manifest"]["sha256"],
        manifest_downloaded=hashlib.sha256(await client.download(version["manifest"]["url"])).hexdigest(),
        learned=await _images(client, version_id, "TRAIN") | await _images(client, version_id, "VAL"),
        tested=await _images(client, version_id, "TEST"),
    )


async def _images(client: Client, version_id: str, split: str) -> frozenset[str]:
    found: set[str] = set()
    after: str | None = None
    while True:
        page = (await client.call(_ASSETS, id=version_id, split=split, after=after))["assets"]
        found.update(node["sha256"] for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return frozenset(found)
        after = page["pageInfo"]["endCursor"]
