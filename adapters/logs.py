"""Structured logs, one JSON object a line on stderr, those of the libraries among them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter, add_logger_name
from structlog.typing import Processor

_SECRETS = re.compile(
    r"(://)[^\s/@\"':]{0,200}:[^\s/@\"']{1,2000}(?=@)"  # a name and a password in an address
    r"|([?&](?:signature|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token)=)[^&\s\"'\\]+"  # a signed address
    r"|(\b[Bb]earer )[^\s\"'\\<]{16,}"
    r"|(\beyJ)[\w-]{8,}\.[\w-]+\.[\w-]+"  # a JSON Web Token
    r"|(\bagri_)[0-9a-fA-F]{16,}|(\bwhsec_)[0-9a-fA-F]{16,}"
)
_MARKS = ("://", "=", "earer ", "eyJ", "agri_", "whsec_")
"""One of these stands in whatever the pattern finds: most lines need not be searched."""
_log = structlog.get_logger(__name__)
_render = structlog.processors.JSONRenderer()


def configure_logs(level: str, service: str = "agridrone") -> None:
    """Of this process, each line with `service`. `level` is debug, info, warning or error; libraries are heard from
    warning on."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared(service)
    structlog.configure(
        processors=[*shared, _line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # One write a line: several processes share what they write to.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[add_logger_name, *shared],
            processors=[ProcessorFormatter.remove_processors_meta, _line],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])
    logging.captureWarnings(True)


def log_crashes() -> None:
    """From now on an error that ends this process is a line of the log, and no traceback of many."""
    sys.excepthook = _crashed


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _log.critical("crashed", exc_info=(kind, error, trace))


def _shared(service: str) -> list[Processor]:
    def named(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["service"] = service
        return line

    return [
        structlog.contextvars.merge_contextvars,
        named,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def _line(_: object, __: str, line: MutableMapping[str, Any]) -> str:
    """The last net for secrets: nobody writes one on purpose, but an error may quote the address that it failed at."""
    text = str(_render(None, "", line))
    return _SECRETS.sub(_blotted, text) if any(mark in text for mark in _MARKS) else text


def _blotted(found: re.Match[str]) -> str:
    return f"{next((group for group in found.groups() if group), '')}***"
