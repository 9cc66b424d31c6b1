"""The SAM3 service that shares a host's GPU: it is asked to unload before others use it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

_SECONDS = 5.0
_PAUSES = (0.5, 2.0)


class Sam3Error(Exception):
    """SAM3 did not unload; the message is a sentence."""


class Sam3AwayError(Sam3Error):
    """Nobody listens at SAM3's address."""


class Sam3Client:
    """`seconds` is how long one try may take; `pauses` are those before the next ones, in seconds."""

    def __init__(self, url: str, seconds: float = _SECONDS, pauses: Sequence[float] = _PAUSES) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/unload"
        self._seconds = seconds
        self._pauses = pauses

    async def unload(self) -> None:
        """Has it let go of the GPU's memory. Raises Sam3AwayError when it does not run, Sam3Error when it does not do
        it."""
        async with httpx.AsyncClient(timeout=self._seconds, trust_env=False) as http:
            for pause in self._pauses:
                try:
                    return await self._asked(http)
                except Sam3AwayError:
                    raise
                except Sam3Error:
                    await asyncio.sleep(pause)
            return await self._asked(http)

    async def _asked(self, http: httpx.AsyncClient) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await http.post(self._url)
        except httpx.ConnectError as error:
            raise Sam3AwayError("SAM3 does not run.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            text = f"SAM3 did not answer within {self._seconds:g} s when it was asked to unload."
            raise Sam3Error(text) from error
        if not answer.is_success:
            raise Sam3Error(f"SAM3 refused to unload (HTTP {answer.status_code}).")
