"""How a call into the sandbox can end without a result."""

from __future__ import annotations

from enum import StrEnum


class UnreadableFileError(Exception):
    """The file is at fault, and would be again; the message is a sentence about it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SandboxRefusal(UnreadableFileError):  # noqa: N818 - an answer
    """The task refused the file. `kind` names the error class the task raised."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class CrashCause(StrEnum):
    """What ended a child."""

    TIME = "TIME"
    MEMORY = "MEMORY"
    CRASH = "CRASH"


class SandboxCrashError(UnreadableFileError):
    """The child ended before it answered."""

    def __init__(self, cause: CrashCause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class SandboxKilledError(Exception):
    """The child was killed from outside, which need not be the file's fault."""


class SandboxStartError(Exception):
    """A child does not start: something is wrong with this installation, and with no file."""


def out_of_time(seconds: float) -> SandboxCrashError:
    return SandboxCrashError(CrashCause.TIME, f"Reading it took more than {seconds:g} seconds.")


def out_of_memory(most: int) -> SandboxCrashError:
    """`most` bytes were allowed."""
    return SandboxCrashError(CrashCause.MEMORY, f"Reading it needs more than {most // 1024**2} MB of memory.")


def crashed() -> SandboxCrashError:
    return SandboxCrashError(CrashCause.CRASH, "It crashes the program that reads it; the file is probably damaged.")


def killed() -> SandboxKilledError:
    return SandboxKilledError("The process that read it was killed from outside.")
