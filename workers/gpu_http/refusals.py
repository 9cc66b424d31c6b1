"""What the GPU host's HTTP face refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from domain.errors import DomainError, ErrorCode
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database
from workers.gpu_room import GpuBusyError, MemoryTakenError
from workers.inference import ImageFaultError
from workers.model_loader import ModelFaultError

_STATUS = {
    ErrorCode.INVALID: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.NOT_READY: 409,
    ErrorCode.GPU_BUSY: 409,
    ErrorCode.LIMIT: 413,
    ErrorCode.UNSUPPORTED: 422,
    ErrorCode.UNAVAILABLE: 503,
}
_OF_STATUS = {400: "INVALID", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
_log = structlog.get_logger(__name__)


class RefusedError(Exception):
    """The answer is this error; `facts` stand beside its code and message."""

    def __init__(self, status: int, code: str, message: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.facts = facts or {}

    def response(self) -> JSONResponse:
        error = {"code": self.code, "message": self.message, **self.facts}
        headers = {"WWW-Authenticate": "Bearer"} if self.status == _STATUS[ErrorCode.UNAUTHENTICATED] else None
        return JSONResponse({"error": error}, status_code=self.status, headers=headers)


def refused(code: ErrorCode, message: str) -> RefusedError:
    return RefusedError(_STATUS[code], code.value, message)


async def refusal_of(error: Exception, database: Database) -> RefusedError:
    """What the caller is told of an error that a call raised. One that nobody foresaw goes to the log."""
    match error:
        case RefusedError():
            return error
        case DomainError():
            return refused(error.code, error.message)
        case ImageFaultError():
            return refused(ErrorCode.UNSUPPORTED, str(error))
        case ModelFaultError():
            return refused(ErrorCode.NOT_READY, str(error))
        case MemoryTakenError():
            return RefusedError(503, "MEMORY_TAKEN", str(error))
        case GpuBusyError():
            facts = await _holder(error.lease, database) if error.lease else {"holder": None, "etaSeconds": None}
            return RefusedError(_STATUS[ErrorCode.GPU_BUSY], ErrorCode.GPU_BUSY.value, str(error), facts)
        case HTTPException():
            return RefusedError(error.status_code, _OF_STATUS.get(error.status_code, "INVALID"), error.detail)
        case RedisError() | OSError():
            _log.warning("gpu_http_unavailable", error=repr(error))
            return refused(ErrorCode.UNAVAILABLE, "Redis or the object store did not answer; try again.")
    _log.error("gpu_http_failed", exc_info=error)
    return RefusedError(500, "INTERNAL", "The call failed on its host; see the log of the GPU worker.")


async def _holder(lease: GpuLease, database: Database) -> dict[str, Any]:
    """Who has the GPU, and for about how long yet. Which training it is, is its team's own business."""
    job = (
        await database.read(lambda uow: uow.jobs.get(lease.subject_id)) if lease.holder is GpuHolder.TRAINING else None
    )
    eta = job.eta_seconds if job is not None else None
    return {"holder": lease.holder.value, "since": lease.since.isoformat(), "etaSeconds": eta}
