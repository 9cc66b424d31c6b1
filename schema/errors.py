"""User errors: what the caller can mend, with a code and the path of the input field at fault."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from domain.errors import DomainError


@strawberry.enum
class UserErrorCode(StrEnum):
    INVALID = "INVALID"
    NOT_READY = "NOT_READY"
    NO_MATCHING_IMAGES = "NO_MATCHING_IMAGES"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    CONFLICT = "CONFLICT"
    UNSUPPORTED = "UNSUPPORTED"
    UNAVAILABLE = "UNAVAILABLE"
    GPU_BUSY = "GPU_BUSY"
    LIMIT = "LIMIT"


@strawberry.type
class UserError:
    code: UserErrorCode
    message: str
    field: list[str] | None

    @classmethod
    def of(cls, error: DomainError) -> UserError:
        return cls(
            code=UserErrorCode(error.code), message=error.message, field=list(error.field) if error.field else None
        )
