"""Versions as the API tells them, and the one that a command means."""

from __future__ import annotations

import re
from typing import Any

from cli.client import Client
from cli.misuse import MisuseError
from cli.project_choice import Project, choose_project

SPLIT_COUNTS = "splitCounts { train val test trainAugmented }"
WARNINGS = "warnings { code message count }"
CLASS_COUNTS = "classCounts { name annotations images }"
CHECK = """
id status failureReason objectsTotal objectsChecked intact manifestIntact missing missingCount corrupt corruptCount
createdAt finishedAt
"""
_SUMMARY = f"""
id version name displayName status failureReason createdAt snapshotAt imageCount annotationCount classes {SPLIT_COUNTS}
latestModel {{ id name }}
"""
_VERSION = f"""
{_SUMMARY}
project {{ id name }}
createdBy {{ id name }}
{CLASS_COUNTS}
preprocessing {{
  autoOrient resize {{ width height mode }} tile {{ rows columns overlap minVisible }}
  grayscale contrast classRemap {{ from to }} dropClasses maxEmptyFraction
}}
augmentation {{
  preset multiplier horizontalFlip verticalFlip rotate90 rotation shear crop brightness exposure saturation hue
  grayscale blur noise cutoutCount cutoutSize seed
}}
splitConfig {{ train val test groupBy inherit keepImported seed }}
filters {{
  weedTypes minConfidence verifiedOnly includeManual includeSAM3 includeAIDetections uploadBatchIds includeEmpty
}}
manifest {{ s3Key sha256 sizeBytes url }}
contentDigest
leakedPairs
identicalTo {{ id version }}
{WARNINGS}
lastCheck {{ {CHECK} }}
"""
READ = f"query ($id: ID!) {{ version(id: $id) {{ {_VERSION} }} }}"
LIST = f"""
query ($id: ID!, $archived: Boolean!, $after: String) {{
  project(id: $id) {{
    versions(first: 200, after: $after, includeArchived: $archived) {{
      nodes {{ {_SUMMARY} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""
NUMBERED = "query ($id: ID!, $number: Int!) { project(id: $id) { version(number: $number) { id } } }"
_NUMBER = re.compile(r"v?([1-9][0-9]{0,8})", re.ASCII | re.IGNORECASE)


async def read_version(client: Client, version_id: str) -> dict[str, Any]:
    """All that the API tells of a version. Raises ApiError."""
    version: dict[str, Any] = await client.call_again(READ, id=version_id)
    return version


async def list_versions(client: Client, project_id: str, archived: bool) -> list[dict[str, Any]]:
    """The versions of a project, newest first. Raises ApiError."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await client.call_again(LIST, id=project_id, archived=archived, after=after))["versions"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def choose_versions(client: Client, wanted: list[str], project: str | None) -> list[str]:
    """The ids of the versions: numbers are those of the project of that id or name, anything else is an id already.
    Raises MisuseError, ProjectChoiceError, ApiError."""
    chosen = await choose_project(client, project) if project is not None else None
    return [await _choose(client, one, chosen) for one in wanted]


async def _choose(client: Client, wanted: str, project: Project | None) -> str:
    number = _NUMBER.fullmatch(wanted)
    if number is None:
        return wanted
    if project is None:
        raise MisuseError(f"{wanted} is a number, which every project has: name the project by --project.")
    version = (await client.call_again(NUMBERED, id=project.id, number=int(number[1])))["version"]
    if version is None:
        raise MisuseError(f"{project.name} has no version {number[1]}; `agridrone version list` shows those there are.")
    return str(version["id"])
