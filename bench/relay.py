"""The floor of fan-out: what comes on one Redis channel goes to every WebSocket, and nothing else happens.

Run as a program it takes the Redis address and a port.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

CHANNEL = "agridrone-bench:relay"


async def relay(redis_url: str, port: int) -> None:
    """Serves until it is killed."""
    sockets: set[WebSocket] = set()

    async def serve(socket: WebSocket) -> None:
        await socket.accept(subprotocol="relay")
        sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(socket)

    async def read() -> None:
        async with Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(CHANNEL)
            async for message in pubsub.listen():
                text = message["data"].decode()
                await asyncio.gather(*(socket.send_text(text) for socket in list(sockets)), return_exceptions=True)

    app = Starlette(routes=[WebSocketRoute("/relay", serve)])
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off", ws="websockets-sansio")
    reader = asyncio.create_task(read())
    await uvicorn.Server(config).serve()
    reader.cancel()


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], int(sys.argv[2])))
