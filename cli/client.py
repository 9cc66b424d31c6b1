"""A client of the public API: calls over HTTP, progress over graphql-transport-ws, files by PUT and GET."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

# A detection may wait for a worker to load its model, on a machine that is busy training.
_ANSWER_SECONDS = 180.0
_HELLO_SECONDS = 20.0
_RECONNECTS = 6
# Half a minute and more: a server that is started again, a radio link that comes and goes.
RETRY_SECONDS = (0.5, 2.0, 5.0, 10.0, 20.0)
_BUSY = (408, 429)
# Of those who ask too often: a minute each at most.
_WAITS = 5
_LEAST_WAIT_SECONDS = 1


class ApiError(Exception):
    """The server said no, or could not be reached: one sentence for a person.

    `code` is that of the user error or of the top-level error (NOT_FOUND, INVALID …), None when there was no answer;
    `field` is the path of the input at fault, as ("input", "files", "3", "filename"), empty where none is named.
    """

    def __init__(self, message: str, code: str | None = None, field: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.field = tuple(field)


class UnavailableError(ApiError):
    """No answer came, or one that says to come back later: the same call may succeed then."""


class RateLimitedError(UnavailableError):
    """The call was not run; `seconds` from now it will be."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "RATE_LIMITED")
        self.seconds = seconds


class PutRefusedError(ApiError):
    """The address does not take these bytes. `status` is HTTP's; 403 is also that of an expired address."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"An upload was refused with HTTP {status}: {text[:200]}")
        self.status = status


class GetRefusedError(ApiError):
    """The address gives no bytes. `status` is HTTP's; 403 is also that of an expired address."""

    def __init__(self, status: int) -> None:
        super().__init__(f"A download was refused with HTTP {status}.")
        self.status = status


class Client:
    """Signed in at one server by bearer token. Use it as `async with Client(address, token) as client`.

    Every document that it sends has exactly one root field, and the answer is that field's value.
    """

    def __init__(self, address: str, token: str) -> None:
        """`address` is the server's root, as `http://127.0.0.1:8000`."""
        self.address = address.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {token}"}
        # The token is given call by call: a file's signed address may lead to another host, which must not see it.
        self._http = httpx.AsyncClient(base_url=self.address, timeout=_ANSWER_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def call(self, document: str, **variables: Any) -> Any:
        """The root field of a query or mutation; it waits its turn where too many come in a minute. Raises ApiError,
        also for the payload's user errors."""
        content = _json({"query": document, "variables": variables})
        headers = {**self._authorization, "Content-Type": "application/json"}
        waits = 0
        while True:
            try:
                return _root_field(_answer(await self._request("POST", "/graphql", headers=headers, content=content)))
            except RateLimitedError as limited:
                if waits == _WAITS:
                    raise
                waits += 1
                await asyncio.sleep(limited.seconds)

    async def call_again(self, document: str, **variables: Any) -> Any:
        """As `call`, and again for half a minute while no answer comes. For what may safely be asked twice."""
        for seconds in RETRY_SECONDS:
            try:
                return await self.call(document, **variables)
            except UnavailableError:
                await asyncio.sleep(seconds)
        return await self.call(document, **variables)

    async def call_with_file(self, document: str, content: bytes, filename: str, **variables: Any) -> Any:
        """Like `call`, with the file as the variable `$file`, sent as a GraphQL multipart request."""
        form = {
            "operations": json.dumps({"query": document, "variables": {**variables, "file": None}}),
            "map": json.dumps({"0": ["variables.file"]}),
        }
        files = {"0": (filename, content)}
        headers = {**self._authorization, "GraphQL-Require-Preflight": "1"}
        answer = await self._request("POST", "/graphql", headers=headers, data=form, files=files)
        return _root_field(_answer(answer))

    async def follow(self, document: str, after: str | None = None, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The events of a subscription after that cursor, or all, to its end. The document selects `cursor` and takes
        `$after`.

        When the connection drops it is made again, and goes on after the last event that was seen. Raises ApiError when
        the server refuses, or cannot be reached again.
        """
        lost = 0
        while True:
            try:
                async for event in self._events(document, {**variables, "after": after}):
                    after, lost = event["cursor"], 0
                    yield event
                return
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                lost += 1
                if lost > _RECONNECTS or _was_refused(error):
                    raise ApiError(f"The progress feed of {self.address} broke off: {error}") from error
                await asyncio.sleep(0.2 * 2**lost)

    async def put(self, url: str, headers: Mapping[str, str], content: AsyncIterable[bytes], size_bytes: int) -> None:
        """Sends a file to the address that requestUploads gave, with exactly the headers that came with it.

        The length is said beforehand: S3 takes no body in chunks of unknown number. Raises UnavailableError,
        PutRefusedError, and what reading `content` raises.
        """
        length = {"Content-Length": str(size_bytes)}
        answer = await self._request("PUT", url, headers={**headers, **length}, content=content)
        if answer.is_server_error or answer.status_code in _BUSY:
            raise UnavailableError(f"{answer.url.host} answered an upload with HTTP {answer.status_code}.")
        if not answer.is_success:
            raise PutRefusedError(answer.status_code, answer.text)

    async def download(self, url: str) -> bytes:
        """The bytes behind a signed address."""
        answer = await self._request("GET", url)
        if not answer.is_success:
            raise ApiError(f"A download was refused with HTTP {answer.status_code}: {answer.text[:200]}")
        return answer.content

    @asynccontextmanager
    async def receive(self, url: str, offset: int = 0) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        """The bytes behind a signed address as they come, from `offset` on where its server can begin in the middle:
        with the place at which they begin. Raises UnavailableError, also while they are read, GetRefusedError, and
        ApiError for what is no address."""
        # Checksums are those of the bytes as they are stored, so none shall be packed on the way.
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={offset}-"} if offset else {})}
        try:
            async with self._http.stream("GET", url, headers=headers) as answer:
                if answer.is_server_error or answer.status_code in _BUSY:
                    raise UnavailableError(f"{answer.url.host} answered a download with HTTP {answer.status_code}.")
                if not answer.is_success:
                    raise GetRefusedError(answer.status_code)
                yield offset if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0, answer.aiter_raw()
        except httpx.HTTPError as error:
            raise self._no_answer(url, error) from error
        except httpx.InvalidURL as error:
            raise ApiError(f"The server gave a download's address that is none: {error}") from error

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            return await self._http.request(method, url, **options)
        except httpx.HTTPError as error:
            raise self._no_answer(url, error) from error

    def _no_answer(self, url: str, error: httpx.HTTPError) -> UnavailableError:
        reason = str(error) or type(error).__name__
        host = httpx.URL(self.address).join(url).netloc.decode()
        return UnavailableError(f"{host} did not answer: {reason}")

    async def _events(self, document: str, variables: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        # http becomes ws, https becomes wss.
        address = f"ws{self.address.removeprefix('http')}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            await _say(socket, type="connection_init", payload=self._authorization)
            await asyncio.wait_for(_hear(socket), _HELLO_SECONDS)
            await _say(socket, id="1", type="subscribe", payload={"query": document, "variables": variables})
            while True:
                message = await _hear(socket)
                match message["type"]:
                    case "next":
                        yield _root_field(message["payload"])
                    case "error":
                        _root_field({"errors": message["payload"]})
                    case "ping":
                        # A server that has said all may have closed already; what it said is still to be read.
                        with suppress(ConnectionClosed):
                            await _say(socket, type="pong")
                    case "complete":
                        return


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def _hear(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


def _was_refused(error: Exception) -> bool:
    # graphql-transport-ws closes with 4400..4499 when the client is at fault: trying again would be refused again.
    return isinstance(error, ConnectionClosed) and error.rcvd is not None and 4400 <= error.rcvd.code < 4500


def _json(document: dict[str, Any]) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise ApiError("A name, id or text of this command has bytes in it that are no UTF-8.") from error
    except ValueError as error:
        raise ApiError("A number of this command is not a finite one.") from error


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not ("data" in answer or "errors" in answer):
        kind = UnavailableError if response.is_server_error or response.status_code in _BUSY else ApiError
        raise kind(f"{response.url} answered HTTP {response.status_code}, which is no GraphQL answer.")
    return answer


def _root_field(answer: dict[str, Any]) -> Any:
    if answer.get("errors"):
        first = answer["errors"][0]
        extensions = first.get("extensions", {})
        if extensions.get("code") == "RATE_LIMITED":
            raise RateLimitedError(first["message"], extensions.get("retryAfterSeconds", _LEAST_WAIT_SECONDS))
        raise ApiError(first["message"], extensions.get("code"))
    (value,) = answer["data"].values()
    if isinstance(value, dict) and value.get("userErrors"):
        problems = value["userErrors"]
        first = problems[0]
        text = " ".join(problem["message"] for problem in problems)
        raise ApiError(text, first.get("code"), first.get("field") or ())
    return value
