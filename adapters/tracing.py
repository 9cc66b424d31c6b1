"""Traces, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. Without it nothing of OpenTelemetry is imported, and a
span is next to nothing.

No span carries what a caller sent or an error said: only names, ids, counts, and the classes of errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from adapters.settings import Settings

Attribute = str | int | float | bool | None
"""None is left out."""


class Span:
    """One that nobody records."""

    def name(self, name: str) -> None:
        """It is called so from now on."""

    def note(self, **attributes: Attribute) -> None:
        """More of what it is known by."""

    def failed(self, what: str) -> None:
        """`what` is a word of ours or the class of an error, never its text."""


class Recorder(Protocol):
    """Whoever records spans, as adapters.open_telemetry does."""

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[Span]: ...
    def current(self) -> Span: ...
    def past(self, name: str, seconds: float, **attributes: Attribute) -> None: ...
    def within(self, parent: str | None) -> AbstractContextManager[None]: ...
    def parent(self) -> str | None: ...


_NOBODYS = Span()
_UNRECORDED = nullcontext(_NOBODYS)
_recorder: Recorder | None = None


@contextmanager
def tracing(settings: Settings, service: str) -> Iterator[None]:
    """The spans of this process are sent while this is open, as those of `service`. At its end two seconds are given to
    what was not sent yet."""
    global _recorder
    if not settings.otel_exporter_otlp_endpoint:
        yield
        return
    from adapters.open_telemetry import recording

    with recording(settings.otel_exporter_otlp_endpoint, service) as _recorder:
        try:
            yield
        finally:
            _recorder = None


def span(name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
    """What goes on while this is open, as a part of the span that is open around it. An error that passes marks it."""
    return _UNRECORDED if _recorder is None else _recorder.span(name, **attributes)


def current_span() -> Span:
    """The one that is open here."""
    return _NOBODYS if _recorder is None else _recorder.current()


def past_span(name: str, seconds: float, **attributes: Attribute) -> None:
    """What took so long and has ended now, as a part of the span that is open around it."""
    if _recorder is not None:
        _recorder.past(name, seconds, **attributes)


def within(parent: str | None) -> AbstractContextManager[None]:
    """Spans that are opened inside are parts of one of another process, by its W3C `traceparent`. Without a parent, or
    with text that is none, they are the first of a trace."""
    return nullcontext() if _recorder is None else _recorder.within(parent)


def traceparent() -> str | None:
    """Of the span that is open here, for another process to go on from."""
    return None if _recorder is None else _recorder.parent()
