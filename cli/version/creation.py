"""A version ordered, followed to its end, and told."""

from __future__ import annotations

from typing import Any

from cli.answer import print_json
from cli.client import Client
from cli.lines import say
from cli.screen import screen
from cli.version import wording
from cli.version.making import create_version, made_version, preview_version
from cli.version.record import read_version


async def create_and_tell(client: Client, order: dict[str, Any], wait: bool, as_json: bool) -> bool:
    """Makes a version and prints what it came to; False when it FAILED. Raises ApiError."""
    answer = await create_version(client, order)
    id_, number, created = answer["version"]["id"], answer["version"]["version"], answer["created"]
    if not as_json:
        say(f"Version {number} is ordered." if created else f"Version {number} was ordered before, with the same key.")
    if wait:
        async with screen(f"Freezing version {number}", quiet=as_json) as show:
            version = await made_version(client, id_, show)
    else:
        version = await read_version(client, id_)
    if as_json:
        print_json({"version": version, "created": created})
    elif version["status"] == "FAILED":
        say(f"{wording.title(version)} failed: {version['failureReason']}")
    elif version["status"] == "CREATING":
        say(f"It is being made; `agridrone version show {id_}` tells how far it is.")
    else:
        for line in wording.made(version):
            say(line)
    return bool(version["status"] != "FAILED")


async def foresee_and_tell(client: Client, order: dict[str, Any], as_json: bool) -> bool:
    """Prints what the version would be. Raises ApiError."""
    preview = await preview_version(client, order)
    if as_json:
        print_json({"preview": preview})
    else:
        for line in wording.foreseen(preview):
            say(line)
    return True
