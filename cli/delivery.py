"""One file to the address that the server gave for it, until its bytes are there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Self

from cli.client import RETRY_SECONDS, Client, PutRefusedError, UnavailableError
from cli.local_file import Fingerprint, LocalFile, changed_on_the_way, content, has_changed

_EXPIRED = 403
# Addresses live five minutes. Asking anew is cheaper than a file sent for nothing: many servers read it to its end.
_FRESH_SECONDS = 240.0

TARGET = "uploadId url headers { name value } existingAsset { id }"
"""The fields of UploadTarget that `Target` is made of."""


@dataclass(frozen=True)
class Target:
    """Where a file goes: `url` is None when its bytes are stored, and both ids are not when the project has it."""

    upload_id: str | None
    url: str | None
    headers: Mapping[str, str]
    asset_id: str | None
    asked_at: float = field(default_factory=time.monotonic)

    @property
    def stale(self) -> bool:
        """The address may expire before anything is sent there."""
        return self.url is not None and time.monotonic() - self.asked_at > _FRESH_SECONDS

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Self:
        """From TARGET's fields."""
        headers = {header["name"]: header["value"] for header in answer["headers"]}
        asset = answer["existingAsset"]
        return cls(answer["uploadId"], answer["url"], headers, asset["id"] if asset else None)


async def deliver(
    client: Client,
    file: LocalFile,
    announced: Fingerprint,
    target: Target,
    ask_again: Callable[[], Awaitable[Target]],
    count: Callable[[int], None],
) -> Target:
    """PUTs the bytes where `target` has an address; the answer is the target that holds in the end.

    An address that expired, or whose server failed or fell silent, is asked for again: what arrived although its
    answer was lost is not sent twice. `count` hears of bytes sent, and of those to be sent again as a negative number.
    Raises UnavailableError, PutRefusedError, FileFaultError.
    """
    for seconds in (*RETRY_SECONDS, None):
        if target.stale:
            target = await ask_again()
        if target.url is None:
            break
        try:
            await _put(client, file, announced, target.url, target.headers, count)
            break
        except UnavailableError:
            if seconds is None:
                raise
        except PutRefusedError as error:
            if has_changed(file, announced):
                raise changed_on_the_way() from error
            if seconds is None or error.status != _EXPIRED:
                raise
        await asyncio.sleep(seconds)
        target = await ask_again()
    return target


async def _put(
    client: Client,
    file: LocalFile,
    announced: Fingerprint,
    url: str,
    headers: Mapping[str, str],
    count: Callable[[int], None],
) -> None:
    sent = 0

    def note(size: int) -> None:
        nonlocal sent
        sent += size
        count(size)

    try:
        async with aclosing(content(file, announced, note)) as pieces:
            await client.put(url, headers, pieces, announced.size_bytes)
    except BaseException:
        count(-sent)
        raise
