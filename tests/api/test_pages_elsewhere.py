"""Pages of the origins in ALLOWED_ORIGINS may ask the API, those of others may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from stack import running_api

OURS, FOREIGN = "https://app.example.org", "https://evil.example.org"


async def test_only_the_named_origins_may_ask(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> None:
    async with running_api(
        tmp_path / "data", sqlite_url, embedded_redis_url, allowed_origins=f"https://other.example.org, {OURS}"
    ) as api:
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for origin, allowed in ((OURS, OURS), (FOREIGN, None)):
            answer = await api.http.options("/graphql", headers={"Origin": origin, **asking})
            assert answer.headers.get("access-control-allow-origin") == allowed
        address, spoken = f"ws{api.address.removeprefix('http')}/graphql", [Subprotocol("graphql-transport-ws")]
        async with connect(address, subprotocols=spoken, origin=Origin(OURS)):
            pass
        with pytest.raises(InvalidStatus):
            await connect(address, subprotocols=spoken, origin=Origin(FOREIGN))
