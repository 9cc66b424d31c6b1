"""The product's API under a real server on a free port, in the event loop of the test, and callers of it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

import main
from adapters.origins import Origins
from adapters.presence import PREVIEWS, announce
from adapters.queue import IO_QUEUE
from adapters.settings import Settings, load_settings
from adapters.webhook_http import open_webhook_sender
from db.database import SqlDatabase
from domain.models.people import User
from domain.ports import Observer, RateLimiter
from resolvers.documents import Documents
from resolvers.graphql import Schema, create_schema
from resolvers.limits import Limits
from secret_watch import keep_out_of_logs
from workers.annotation_import import AnnotationImport
from workers.check import Check
from workers.claims import ClaimLoops, Handler
from workers.presence import stay_present
from workers.preview import open_preview
from workers.process import scratch_folder, wake_queue
from workers.roboflow_deployment import RoboflowDeployment
from workers.sandbox.pool import SandboxPool
from workers.services import Services, open_services
from workers.snapshot import Snapshot
from workers.verification import UploadVerification
from workers.webhook_delivery import Delivery

SECRET = keep_out_of_logs("a secret of the tests, long enough to sign", "JWT_SECRET")
PATIENCE = 60.0
"""Seconds that a test waits for what must come."""


_sandbox: SandboxPool | None = None


@asynccontextmanager
async def kept_sandbox() -> AsyncIterator[None]:
    """While this is open, all io workers have files read by the same children: to start them takes longer than most
    tests do."""
    global _sandbox
    async with SandboxPool(2) as _sandbox:
        yield
    _sandbox = None


class _Server(uvicorn.Server):
    """Ends at once, where uvicorn looks ten times a second whether it may: there are hundreds of servers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def stop(self) -> None:
        self._told.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to pytest."""
        yield

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(self.server_state.tasks, timeout=1)
            for task in late:
                task.cancel()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who speaks to the API; without a token, nobody."""

    address: str
    http: httpx.AsyncClient
    token: str | None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}

    @property
    def headers_for_files(self) -> dict[str, str]:
        """Of a request that a foreign page could send, too, were it not for one of them."""
        return {**self.headers, "GraphQL-Require-Preflight": "1"}

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer of a query or mutation."""
        response = await self.http.post(
            "/graphql", json={"query": document, "variables": variables}, headers=self.headers
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, document: str, **variables: Any) -> Any:
        """The root field of an answer without errors."""
        answer = await self.ask(document, **variables)
        assert "errors" not in answer, answer["errors"]
        (value,) = answer["data"].values()
        return value

    async def done(self, document: str, **variables: Any) -> Any:
        """The root field of a mutation that was not refused."""
        value = await self.data(document, **variables)
        assert value.pop("userErrors", []) == []
        return value

    @asynccontextmanager
    async def subscribed(self, document: str, **variables: Any) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The messages `next` and `error` of a subscription, until it completes."""
        async with self.connected() as wire:
            await hello(wire, self.headers)
            await wire.send(
                json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document, "variables": variables}})
            )
            yield _messages(wire)

    async def events(self, document: str, **variables: Any) -> list[dict[str, Any]]:
        """The root fields of all that a subscription tells to its end."""
        found = []
        async with asyncio.timeout(PATIENCE), self.subscribed(document, **variables) as messages:
            async for message in messages:
                found.append(told(message))
        return found

    @asynccontextmanager
    async def connected(self, protocol: str = "graphql-transport-ws") -> AsyncIterator[ClientConnection]:
        address = f"ws{self.address.removeprefix('http')}/graphql"
        async with connect(address, subprotocols=[Subprotocol(protocol)]) as wire:
            yield wire


def told(message: dict[str, Any]) -> dict[str, Any]:
    """The root field of an event."""
    assert message["type"] == "next", message
    assert not message["payload"].get("errors"), message
    (value,) = message["payload"]["data"].values()
    found: dict[str, Any] = value
    return found


def codes(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer's top-level errors."""
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


async def hello(wire: ClientConnection, payload: dict[str, Any]) -> None:
    await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
    answer = json.loads(await asyncio.wait_for(wire.recv(), PATIENCE))
    assert answer["type"] == "connection_ack", answer


async def _messages(wire: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    while True:
        message = json.loads(await asyncio.wait_for(wire.recv(), PATIENCE))
        match message["type"]:
            case "next" | "error":
                yield message
                if message["type"] == "error":
                    return
            case "ping":
                await wire.send(json.dumps({"type": "pong"}))
            case "complete":
                return


@dataclass(frozen=True, slots=True)
class Stack:
    """A running API."""

    services: Services
    address: str
    http: httpx.AsyncClient

    @property
    def database(self) -> SqlDatabase:
        return self.services.database

    def caller(self, user: User | None) -> Caller:
        """The user, signed in; without a user, somebody who is not."""
        token = self.services.signer.issue(user, timedelta(hours=1)) if user else None
        return Caller(self.address, self.http, token)

    def bearer(self, token: str) -> Caller:
        return Caller(self.address, self.http, token)

    @asynccontextmanager
    async def io_worker(self) -> AsyncIterator[None]:
        """Uploads are verified and versions frozen while this is open, as by the io worker."""
        settings = self.services.settings
        with scratch_folder(settings.work_dir, "io") as folder, open_webhook_sender(settings) as sender:
            assert _sandbox is not None, "no sandbox is kept"
            database, store = self.database, self.services.store
            async with open_preview(store, folder / "previews") as preview:
                handlers: list[Handler] = [
                    UploadVerification(database, store, _sandbox, folder),
                    AnnotationImport(database, store, _sandbox, folder),
                    Snapshot(database, store, folder),
                    Check(database, store, folder),
                    RoboflowDeployment(database, store, self.services.roboflow),
                    Delivery(database, sender),
                ]
                loops = ClaimLoops(database, "test:io", handlers, Origins(self.services.redis))
                queue = wake_queue(self.services.redis, IO_QUEUE, loops, preview.served)
                await announce(self.services.redis, PREVIEWS)
                parts = [loops.run(), queue.main(), stay_present(self.services.redis, PREVIEWS)]
                tasks = [asyncio.create_task(part) for part in parts]
                try:
                    yield
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
                    await self.services.redis.delete(PREVIEWS)


@asynccontextmanager
async def running_api(
    data_dir: Path, database_url: str, redis_url: str, enable_dataset_versions: bool = False, **more: Any
) -> AsyncIterator[Stack]:
    """The API over a migrated database; `more` are further settings."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings: Settings = load_settings(
        host="127.0.0.1",
        port=listener.getsockname()[1],
        data_dir=data_dir,
        public_url="",
        database_url=database_url,
        redis_url=redis_url,
        jwt_secret=SECRET,
        enable_dataset_versions=enable_dataset_versions,
        **more,
    )
    async with open_services(settings) as services:
        await services.doorbell.open()
        (data_dir / "api").mkdir(parents=True)
        async with (
            served(create_app(services, data_dir / "api"), listener),
            httpx.AsyncClient(base_url=settings.base_url, timeout=60, verify=False) as http,  # to trust takes 30 ms
        ):
            yield Stack(services, settings.base_url, http)


def create_app(services: Services, folder: Path) -> Starlette:
    """As main.create_app; the schema is the one that all servers of this process share."""
    with patch.object(main, "create_schema", _schema):
        return main.create_app(services, folder)


def _schema(limits: Limits, limiter: RateLimiter, observer: Observer, *, exploring: bool) -> Schema:
    """As create_schema; but the types are put together once for all servers, which takes longer than many a test."""
    schema = copy(_types(exploring))
    documents = Documents(schema._schema, limits, exploring=exploring)
    vars(schema).update(_limits=limits, _limiter=limiter, observer=observer, _documents=documents)
    return schema


@cache
def _types(exploring: bool) -> Schema:
    return create_schema(exploring=exploring)


@asynccontextmanager
async def served(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """The application answers while this is open, in the event loop of the test."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # which sockets that asyncio makes have
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(PATIENCE):
            while not server.started:
                assert not task.done(), "the server ended before it began"
                await asyncio.sleep(0.01)
        yield
    finally:
        server.stop()
        with suppress(asyncio.CancelledError):
            await task
