"""The bodies that the GPU host's HTTP face takes: JSON, and forms with an image. A field that nobody knows is refused,
so that nobody believes that an image is fetched from somewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message

from domain.errors import ErrorCode
from domain.uploads import MAX_IMAGE_BYTES
from workers.gpu_http.refusals import RefusedError, refused

_FIELDS_BYTES = 64 * 1024
_FORM_FIELDS, _FIELD_BYTES = 16, 4096
_LONGEST_ID, _LONGEST_KEY = 191, 1024


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, allow_inf_nan=False, frozen=True)


class NoFields(Body):
    """Of a call that needs no more than its address."""


class ModelFields(Body):
    model_id: str = Field(min_length=1, max_length=_LONGEST_ID)


class DetectFields(ModelFields):
    """The defaults are the API's own."""

    confidence: float = Field(0.25, ge=0, le=1)
    iou: float = Field(0.45, ge=0, le=1)


class StoredImageFields(DetectFields):
    image_key: str = Field(min_length=1, max_length=_LONGEST_KEY)


class WaitFields(Body):
    wait_seconds: float = Field(0, ge=0, le=30)


class TokenFields(Body):
    token: int = Field(strict=True, ge=1, lt=2**63)


B = TypeVar("B", bound=Body)


async def fields_of(request: Request, kind: type[B]) -> B:
    """The JSON body of a request; no body is one without fields. Raises RefusedError."""
    data = await _limited(request, _FIELDS_BYTES, "A body without an image has 64 KiB at most.").body()
    try:
        return kind.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise _wrong(error) from error


@asynccontextmanager
async def image_form(request: Request) -> AsyncIterator[tuple[DetectFields, UploadFile]]:
    """The fields of a multipart form and its file `image`, which is on disk where it is large. Raises RefusedError."""
    too_large = "An image has 1 byte to 500 MB."
    limited = _limited(request, MAX_IMAGE_BYTES + _FIELDS_BYTES, too_large)
    async with limited.form(max_files=1, max_fields=_FORM_FIELDS, max_part_size=_FIELD_BYTES) as form:
        fields: dict[str, Any] = dict(form)
        image = fields.pop("image", None)
        if not isinstance(image, UploadFile):
            raise refused(ErrorCode.INVALID, "Send the image's bytes as the file `image` of the form.")
        if not image.size:
            raise refused(ErrorCode.INVALID, too_large)
        if image.size > MAX_IMAGE_BYTES:
            raise refused(ErrorCode.LIMIT, too_large)
        try:
            known = DetectFields.model_validate(fields)
        except ValidationError as error:
            raise _wrong(error) from error
        yield known, image


def _limited(request: Request, most: int, message: str) -> Request:
    """The request, whose body is refused once it is larger than `most` bytes, or says that it is."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise refused(ErrorCode.LIMIT, message)
    received = 0

    async def receive() -> Message:
        nonlocal received
        part = await request.receive()
        received += len(part.get("body", b""))
        if received > most:
            raise refused(ErrorCode.LIMIT, message)
        return part

    return Request(request.scope, receive)


def _wrong(error: ValidationError) -> RefusedError:
    faults = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
    text = "; ".join(f"{where}: {what}" if where else what for where, what in faults)
    return refused(ErrorCode.INVALID, f"{text}.")
