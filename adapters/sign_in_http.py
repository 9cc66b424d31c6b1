"""Signing in from a browser: what there is to sign in with, and the development sign-in, on this machine alone."""

from __future__ import annotations

import re
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.settings import DEVELOPMENT_TOKEN_DAYS, Settings, is_loopback
from adapters.sign_in import TokenSigner
from domain.email import checked_email
from domain.errors import DomainError
from domain.ports import Database
from domain.sign_in import user_with_team

_LARGEST_BODY = 4096
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?")
_OF_A_PROXY = frozenset({"forwarded", "via", "x-real-ip"})
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def sign_in_routes(settings: Settings, signer: TokenSigner, database: Database) -> list[Route]:
    """What the sign-in page asks, and `POST /sign-in/development`, which takes an e-mail address for a token."""

    async def options(request: Request) -> Response:
        offered = {
            "development": settings.development_sign_in and _is_of_this_machine(request),
            "page": settings.sign_in_page or None,
            "graphiql": settings.serves_graphiql,
        }
        return JSONResponse(offered, headers=_NO_STORE)

    async def development(request: Request) -> Response:
        try:
            _admit(settings, request)
            user = await user_with_team(database, await _given_email(request))
        except _RefusedError as refused:
            return JSONResponse({"error": refused.message}, status_code=refused.status, headers=_NO_STORE)
        except DomainError as error:
            return JSONResponse({"error": error.message}, status_code=409, headers=_NO_STORE)
        token = signer.issue(user, timedelta(days=DEVELOPMENT_TOKEN_DAYS))
        return JSONResponse({"token": token}, headers=_NO_STORE)

    return [
        Route("/sign-in/options", options),
        Route("/sign-in/development", development, methods=["POST"]),
    ]


def _admit(settings: Settings, request: Request) -> None:
    """Lets through what a page of ours on this machine sends, or a program here that is no browser."""
    if not settings.development_sign_in:
        raise _RefusedError(404, "This server has no development sign-in; sign in with a token.")
    if not _is_of_this_machine(request):
        text = "The development sign-in is for this machine only: open the server's own address, without a proxy."
        raise _RefusedError(403, text)
    origin, host = request.headers.get("origin"), request.headers["host"].lower()
    if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
        raise _RefusedError(403, "The development sign-in answers this server's own pages only.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _RefusedError(415, 'Send JSON, as {"email": "you@example.org"}, with Content-Type: application/json.')


def _is_of_this_machine(request: Request) -> bool:
    """False behind a proxy, and where a foreign name was made to lead here (DNS rebinding): any page of that name
    would be taken for ours."""
    proxied = any(name in _OF_A_PROXY or name.startswith("x-forwarded-") for name in request.headers)
    # nginx sends none of these unless told to, and our own address as the Host; it speaks HTTP/1.0, as no browser does.
    proxied = proxied or request.scope["http_version"] == "1.0"
    return not proxied and is_loopback(_hostname(request.headers.get("host", "")))


def _hostname(host: str) -> str:
    """Without the port; empty where it is no plain name or address."""
    found = _HOST.fullmatch(host.lower())
    return found.group(1).strip("[]") if found else ""


async def _given_email(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise _RefusedError(400, f"More than {_LARGEST_BODY} bytes are no e-mail address.")
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _RefusedError(400, 'The body is no JSON; send {"email": "you@example.org"}.') from error
    email = given.get("email") if isinstance(given, dict) else None
    if not isinstance(email, str):
        raise _RefusedError(400, 'The body names no e-mail address; send {"email": "you@example.org"}.')
    try:
        return checked_email(email)
    except DomainError as error:
        raise _RefusedError(400, error.message) from error
