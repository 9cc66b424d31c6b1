"""What a rule raises. Everything else that is raised is a bug."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Codes the caller sees. The first group answers in `userErrors`, the second as a top-level error."""

    INVALID = "INVALID"
    NOT_READY = "NOT_READY"
    NO_MATCHING_IMAGES = "NO_MATCHING_IMAGES"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    CONFLICT = "CONFLICT"
    UNSUPPORTED = "UNSUPPORTED"
    UNAVAILABLE = "UNAVAILABLE"
    LIMIT = "LIMIT"
    GPU_BUSY = "GPU_BUSY"

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    FEATURE_DISABLED = "FEATURE_DISABLED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    RATE_LIMITED = "RATE_LIMITED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"

    @property
    def user_can_mend(self) -> bool:
        """True where the answer is a user error beside an empty result, false where it is a top-level error."""
        return self in _USER_ERRORS


_USER_ERRORS = frozenset(
    {
        ErrorCode.INVALID,
        ErrorCode.NOT_READY,
        ErrorCode.NO_MATCHING_IMAGES,
        ErrorCode.IDEMPOTENCY_MISMATCH,
        ErrorCode.CONFLICT,
        ErrorCode.UNSUPPORTED,
        ErrorCode.UNAVAILABLE,
        ErrorCode.LIMIT,
        ErrorCode.GPU_BUSY,
    }
)


class DomainError(Exception):
    """A rule said no. `message` is a sentence the caller can act on; `field` is the path of the input at fault."""

    def __init__(self, code: ErrorCode, message: str, field: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    @property
    def extensions(self) -> dict[str, str]:
        """What a GraphQL error made of this one says beside its message."""
        return {"code": self.code.value}


def not_found(noun: str) -> DomainError:
    """The answer for what is missing and for what another team owns: the two look alike."""
    return DomainError(ErrorCode.NOT_FOUND, f"There is no such {noun}.")


def invalid(message: str, *field: str) -> DomainError:
    """A value outside its documented range or form, at the input path `field`."""
    return DomainError(ErrorCode.INVALID, message, field or None)


class ClaimLostError(Exception):
    """Another worker holds the row now; what this one still wants to write is refused."""
