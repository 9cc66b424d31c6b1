"""The routes of the pages: the built files, and index.html for every address that the application knows by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.settings import Settings
from domain.ports import ObjectStore
from web.built_files import BuiltFile, BuiltFiles
from web.security import origin, security_headers

BUILT = Path(__file__).parent / "dist"
"""Where the build lies, in a checkout and in the installed package."""

_NOT_AT_ALL = re.compile(r"q=0(\.0*)?")
_INDEX, _ASSETS = "index.html", "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"
_ASK_EACH_TIME = "no-cache"

_WELCOME = """AgriDrone Ops

GraphQL: POST {url}/graphql, and graphql-transport-ws on the same path.
Sign in: agridrone token --email you@example.org, then send Authorization: Bearer <token>.
Pages: not built yet. Run make web, then load this address again.
"""


def page_routes(settings: Settings, store: ObjectStore, folder: Path = BUILT) -> list[Route]:
    """The pages in `folder`. They take every GET, so they come after all other routes."""
    return [Route("/{path:path}", Pages(settings, store, folder).serve)]


class Pages:
    """Answers with the files of a build, or tells how to make one."""

    def __init__(self, settings: Settings, store: ObjectStore, folder: Path) -> None:
        self._settings = settings
        self._store = store
        self._files = BuiltFiles(folder)
        self._security: Mapping[str, str] | None = None

    async def serve(self, request: Request) -> Response:
        if self._security is None:
            self._security = security_headers(await self._store_origin(), origin(self._settings.sign_in_page))
        response = await self._answer(request, str(request.path_params["path"]))
        response.headers.update(self._security)
        return response

    async def _answer(self, request: Request, path: str) -> Response:
        if path and path != _INDEX and (file := await self._files.find(path)) is not None:
            return _sent(request, file, _FOR_EVER if path.startswith(_ASSETS) else _AN_HOUR)
        if not self._is_page(request, path):
            return PlainTextResponse("There is no such page.\n", status_code=404)
        if (index := await self._files.find(_INDEX)) is not None:
            return self._elsewhere(request) or _sent(request, index, _ASK_EACH_TIME)
        if path:
            return PlainTextResponse("The pages are not built. Run make web.\n", status_code=404)
        return PlainTextResponse(_WELCOME.format(url=self._settings.base_url))

    def _is_page(self, request: Request, path: str) -> bool:
        if path in ("", _INDEX):
            return True
        if path.partition("/")[0] == "graphiql" and not self._settings.serves_graphiql:
            return False
        return not path.startswith(_ASSETS) and "text/html" in request.headers.get("accept", "")

    def _elsewhere(self, request: Request) -> Response | None:
        """Leads from localhost to the address that begins those of the objects, which are else of another origin."""
        settings = self._settings
        by_name = request.headers.get("host") == f"localhost:{settings.port}" and settings.host != "localhost"
        if settings.public_url or not by_name:
            return None
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{settings.base_url}{request.scope['raw_path'].decode('ascii')}{query}"
        return RedirectResponse(address, headers={"Cache-Control": _ASK_EACH_TIME})

    async def _store_origin(self) -> str:
        """Where the signed addresses of objects lead, asked of the store itself: S3 has many names for a bucket."""
        if not (self._settings.s3_bucket or self._settings.public_url):
            return ""
        return origin(await self._store.get_url("teams/none", "none", "application/octet-stream", datetime.now(UTC)))


def _sent(request: Request, file: BuiltFile, cache_control: str) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": cache_control}
    if file.gzipped is not None:
        headers["Vary"] = "Accept-Encoding"
    known = request.headers.get("if-none-match", "")
    if file.etag in (tag.strip() for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    if file.gzipped is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        return Response(file.gzipped, media_type=file.content_type, headers=headers)
    return Response(file.body, media_type=file.content_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    codings = (coding.replace(" ", "").lower().partition(";") for coding in accepted.split(","))
    return any(name == "gzip" and not _NOT_AT_ALL.fullmatch(weight) for name, _, weight in codings)
