"""What S3 answers when it does not do what it was asked, and what goes wrong on the way there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

CONFLICT, CONDITION_FAILED = 409, 412

_NO_SUCH_KEY = frozenset({"NoSuchKey", "404"})
_CREDENTIALS = frozenset({"403", "AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"})


@contextmanager
def told(where: str, doing: str, key: str = "") -> Iterator[None]:
    """Raises KeyError for a missing key, and for every other fault an OSError that says where, what and why.

    `key` is empty for what is asked of the bucket itself.
    """
    try:
        yield
    except (BotoCoreError, ClientError, aiohttp.ClientError) as error:
        if key and isinstance(error, ClientError) and _code(error) in _NO_SUCH_KEY:
            raise KeyError(key) from error
        raise OSError(f"{where}: cannot {doing} {key or 'it'}: {_reason(error)}.") from error
    except TimeoutError as error:
        raise OSError(f"{where}: cannot {doing} {key or 'it'}: it takes too long.") from error


def status(error: ClientError) -> int:
    """The HTTP status of the answer."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _reason(error: Exception) -> str:
    if isinstance(error, NoCredentialsError):
        return "there are no credentials; set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY"
    if not isinstance(error, ClientError):
        return f"{type(error).__name__}: {error}".rstrip(".")
    code = _code(error)
    if code in _CREDENTIALS:
        return f"it answered {code}; check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, and what they are allowed there"
    if code in ("NoSuchBucket", "404"):
        return "there is no such bucket; create it or correct S3_BUCKET"
    return f"it answered {status(error)} {code}"
