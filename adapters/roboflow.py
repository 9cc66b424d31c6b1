"""Roboflow's hosted detection: `POST {base}/{project}/{version}`, as docs.roboflow.com describes it."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import httpx

from adapters.circuit_breaker import CircuitBreaker, CircuitOpenError
from adapters.roboflow_answer import read_answer
from adapters.settings import Settings
from domain.models.detection import FoundObjects
from domain.ports import RoboflowError, RoboflowFault
from domain.roboflow_images import check_size
from domain.roboflow_models import is_model_name

_MAX_ANSWER_BYTES = 10 << 20
_TRIES = 3
_SERVICE, _MODEL, _IMAGE = RoboflowFault.SERVICE, RoboflowFault.MODEL, RoboflowFault.IMAGE


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for one try; for all tries of a detection and the pauses between them; how long Roboflow is left alone
    after five failed tries in a row; and the first pause, about, where Roboflow names none."""

    one_try: float = 10.0
    altogether: float = 20.0
    left_alone: float = 30.0
    pause: float = 0.3


class _TryError(RoboflowError):
    """The service's fault. `again` when the next try may fare better, `pause` seconds later if it is set."""

    def __init__(self, message: str, again: bool, pause: float | None = None) -> None:
        super().__init__(message, _SERVICE)
        self.again = again
        self.pause = pause


@asynccontextmanager
async def open_roboflow(settings: Settings) -> AsyncIterator[RoboflowClient]:
    """The one client of the process. Nothing is asked of Roboflow before the first detection."""
    client = RoboflowClient(settings.roboflow_url, settings.roboflow_api_key.get_secret_value())
    try:
        yield client
    finally:
        await client.close()


class RoboflowClient:
    """Fulfils domain.ports.Roboflow. The key travels in a header alone, and to `base_url` alone."""

    def __init__(self, base_url: str, api_key: str, patience: Patience | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._patience = patience or Patience()
        self._breaker = CircuitBreaker(self._patience.left_alone)
        self._http: httpx.AsyncClient | None = None

    @property
    def configured(self) -> bool:
        return bool(self._api_key and self._base_url)

    async def close(self) -> None:
        """Ends its connections."""
        if self._http is not None:
            await self._http.aclose()

    async def detect(self, model: str, image: bytes, confidence: float, iou: float) -> FoundObjects:
        """As the port says. `queue_ms` is what was waited before the try that was answered."""
        self._check(model, image)
        began = time.monotonic()
        deadline = began + self._patience.altogether
        for number in range(1, _TRIES + 1):
            started = time.monotonic()
            try:
                with self._breaker.attempt(_TryError):
                    found = await self._try(model, image, confidence, iou, deadline - started)
            except CircuitOpenError as error:
                text = f"Roboflow failed several times in a row; it is asked again in {math.ceil(error.seconds)} s."
                raise RoboflowError(text, _SERVICE) from error
            except _TryError as failed:
                pause = self._pause(number) if failed.pause is None else failed.pause
                late = time.monotonic() + pause >= deadline
                if not failed.again or number == _TRIES or late or not self._breaker.closed:
                    raise
                await asyncio.sleep(pause)
            else:
                waited, took = (started - began) * 1000, (time.monotonic() - started) * 1000
                return replace(found, queue_ms=waited, inference_ms=took)
        raise AssertionError("the last try returns or raises")

    def _check(self, model: str, image: bytes) -> None:
        if not self.configured:
            text = "The server has no key for Roboflow; an operator sets it as ROBOFLOW_API_KEY."
            raise RoboflowError(text, _MODEL)
        if not is_model_name(model):
            raise RoboflowError("The Roboflow model has no name of the form workspace-project/6.", _MODEL)
        check_size(len(image))

    async def _try(self, model: str, image: bytes, confidence: float, iou: float, left: float) -> FoundObjects:
        seconds = min(self._patience.one_try, left)
        try:
            async with asyncio.timeout(seconds):
                body = await self._answer(model, image, confidence, iou)
        except TimeoutError as error:
            raise _TryError(f"Roboflow gave no answer within {seconds:.3g} s.", again=True) from error
        except httpx.TransportError as error:
            text = f"Roboflow at {self._host} cannot be reached, or broke off ({type(error).__name__})."
            raise _TryError(text, again=True) from error
        try:
            return read_answer(body, confidence)
        except RoboflowError as error:
            raise _TryError(str(error), again=False) from error

    async def _answer(self, model: str, image: bytes, confidence: float, iou: float) -> bytes:
        """The body of an answer of status 200."""
        async with self._client().stream(
            "POST",
            f"{self._base_url}/{model}",
            params={"confidence": _percent(confidence), "overlap": _percent(iou)},
            files={"file": ("image", image, "application/octet-stream")},
            # Not packed: nobody knows how large a small answer may become.
            headers={"Authorization": f"Bearer {self._api_key}", "Accept-Encoding": "identity"},
        ) as response:
            if response.status_code != httpx.codes.OK:
                self._refused(model, response)
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > _MAX_ANSWER_BYTES:
                    text = f"Roboflow's answer is larger than {_MAX_ANSWER_BYTES >> 20} MB; it was not read."
                    raise _TryError(text, again=False)
            return bytes(body)

    def _refused(self, model: str, response: httpx.Response) -> NoReturn:
        """Says what the status means. The body is not read: nobody knows what stands in it."""
        status = response.status_code
        match status:
            case 401 | 403:
                text = f"Roboflow refuses the server's key, or the key may not use {model}"
                raise RoboflowError(f"{text}; an operator checks ROBOFLOW_API_KEY.", _MODEL)
            case 404:
                raise RoboflowError(f"Roboflow has no model {model}; check its name and version there.", _MODEL)
            case 413:
                raise RoboflowError("The image is too large for Roboflow.", _IMAGE)
            case 400 | 415 | 422:
                raise RoboflowError(f"Roboflow cannot read the image (HTTP {status}).", _IMAGE)
        pause = _retry_after(response.headers.get("Retry-After"))
        if status == httpx.codes.TOO_MANY_REQUESTS:
            when = f"in {math.ceil(pause)} s" if pause else "later"
            raise _TryError(f"Roboflow is asked too often; try again {when}.", True, pause)
        if status >= 500:
            raise _TryError(f"Roboflow has trouble of its own (HTTP {status}); try again later.", True, pause)
        if status < 400:
            text = f"Roboflow at {self._host} answers with HTTP {status} instead of detecting"
            raise _TryError(f"{text}; an operator checks ROBOFLOW_URL.", again=False)
        text = f"Roboflow refuses the detection (HTTP {status}); an operator looks at the account there."
        raise RoboflowError(text, _MODEL)

    def _pause(self, number: int) -> float:
        """Before the try after that one; not the same for all who were refused at once."""
        return self._patience.pause * 2.0 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # Redirects are not followed: the key would travel along. What a try takes is timed as a whole.
            self._http = httpx.AsyncClient(follow_redirects=False, timeout=httpx.Timeout(None))
        return self._http

    @property
    def _host(self) -> str:
        return httpx.URL(self._base_url).host


def _percent(share: float) -> int:
    """1..100: Roboflow takes a number below 1 for the share itself."""
    return min(max(math.floor(share * 100), 1), 100)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from the header's number or date (RFC 9110, 10.2.3); None without one that can be read."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return min(float(value), 1e6)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
