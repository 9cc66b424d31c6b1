"""A check of a version, started, awaited and told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from cli.answer import print_json
from cli.client import ApiError, Client
from cli.lines import say
from cli.screen import Show, screen
from cli.version import wording
from cli.version.record import CHECK

_CHECK = f"{CHECK} version {{ id version name }}"
START = f"""
mutation ($id: ID!) {{ verifyVersion(id: $id) {{ check {{ {_CHECK} }} userErrors {{ code message field }} }} }}
"""
LOOK = f"query ($id: ID!) {{ node(id: $id) {{ ... on VersionCheck {{ {_CHECK} }} }} }}"
_LOOK_SECONDS = 1.0
_OPEN = ("QUEUED", "RUNNING")


async def check_and_tell(client: Client, version_id: str, as_json: bool) -> bool:
    """Has the version checked and prints what came of it; False when it is not intact, or the check failed. Raises
    ApiError."""
    async with screen("Checking", quiet=as_json) as show:
        check = await _checked(client, version_id, show)
    if as_json:
        print_json({"check": check})
    else:
        say(f"{wording.title(check['version'])}: {wording.checked(check)}.")
        _say_names("Missing:", check["missing"], check["missingCount"])
        _say_names("Corrupt:", check["corrupt"], check["corruptCount"])
    return check["intact"] is True


async def _checked(client: Client, version_id: str, show: Show) -> dict[str, Any]:
    """The check at its end."""
    check: dict[str, Any] | None = (await client.call_again(START, id=version_id))["check"]
    while check is not None and check["status"] in _OPEN:
        show(check["objectsChecked"], check["objectsTotal"], check["status"].lower())
        await asyncio.sleep(_LOOK_SECONDS)
        check = await client.call_again(LOOK, id=check["id"])
    if check is None:
        raise ApiError("The check is gone from the server.", "NOT_FOUND")
    return check


def _say_names(heading: str, names: Sequence[str], total: int) -> None:
    if not total:
        return
    say(heading)
    for name in names:
        say(f"  {name}")
    if total > len(names):
        say(f"  … and {total - len(names):,} more.")
