"""GET and PUT of the local store's signed addresses."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from adapters.local_store import ROUTE, LocalStore

_WRITE_BYTES = 1 << 20


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def object_routes(store: LocalStore) -> list[Route]:
    """The routes under which the API serves the store's addresses."""

    async def serve(request: Request) -> Response:
        key = str(request.path_params["key"])
        try:
            facts = _signed_facts(store, request, key)
            if request.method == "PUT":
                await _receive(store, request, key, int(facts["size"]), facts["sha256"])
                return Response(status_code=200)
            return FileResponse(
                await asyncio.to_thread(_existing, store, key),
                media_type=facts["type"],
                filename=facts["name"],
                content_disposition_type="inline",
                headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=900"},
            )
        except _RefusedError as refused:
            return JSONResponse({"error": refused.message}, status_code=refused.status)

    return [Route(f"{ROUTE}/{{key:path}}", serve, methods=["GET", "HEAD", "PUT"])]


def _existing(store: LocalStore, key: str) -> Path:
    try:
        path = store.path(key)
        if path.is_file():
            return path
    except KeyError:
        pass
    raise _RefusedError(404, "There is no such object.")


def _signed_facts(store: LocalStore, request: Request, key: str) -> dict[str, str]:
    facts = dict(request.query_params)
    given = facts.pop("signature", "")
    method = "PUT" if request.method == "PUT" else "GET"
    if not hmac.compare_digest(given.encode(), store.signature(method, key, facts).encode()):
        raise _RefusedError(403, "The address is not valid; ask the API for a new one.")
    if int(facts["expires"]) < time.time():
        raise _RefusedError(403, "The address has expired; ask the API for a new one.")
    return facts


async def _receive(store: LocalStore, request: Request, key: str, size: int, sha256: str) -> None:
    """Takes exactly the bytes that were announced. Nothing is kept of others."""
    announced = request.headers.get("content-length")
    if announced is not None and int(announced) != size:
        raise _RefusedError(400, f"{size} bytes were announced, and {announced} are sent.")
    temporary = await asyncio.to_thread(store.temporary)
    try:
        digest = await _spool(request, temporary, size)
        if digest != sha256:
            raise _RefusedError(400, "The bytes do not have the SHA-256 that was announced; send the file again.")
        await asyncio.to_thread(store.move_in, temporary, key)
    finally:
        await asyncio.to_thread(temporary.unlink, missing_ok=True)


async def _spool(request: Request, path: Path, size: int) -> str:
    digest, received, waiting = hashlib.sha256(), 0, bytearray()
    with path.open("wb") as file:
        async for chunk in request.stream():
            received += len(chunk)
            if received > size:
                raise _RefusedError(400, f"More than the {size} announced bytes were sent.")
            waiting += chunk
            if len(waiting) >= _WRITE_BYTES:
                data, waiting = bytes(waiting), bytearray()
                digest.update(data)
                await asyncio.to_thread(file.write, data)
        digest.update(waiting)
        await asyncio.to_thread(file.write, bytes(waiting))
    if received != size:
        raise _RefusedError(400, f"{size} bytes were announced, and {received} came.")
    return digest.hexdigest()
