"""Leaving alone for a while what keeps failing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FAILURES = 5


class CircuitOpenError(Exception):
    """It failed too often of late and is left alone, for `seconds` yet."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"It is left alone for {seconds:.0f} s.")
        self.seconds = seconds


class CircuitBreaker:
    """After five failures in a row nothing is tried for `seconds`. Then one attempt at a time goes through: the first
    that succeeds lets all others through again, and one that fails has it left alone as long again. For one event loop;
    `clock` counts seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def closed(self) -> bool:
        return self._opened_at is None

    @contextmanager
    def attempt(self, failure: type[Exception]) -> Iterator[None]:
        """Around one attempt, which fails by an exception of that kind; what ends it otherwise, as a cancellation, says
        nothing. Raises CircuitOpenError when it is not to be made."""
        probe = self._enter()
        try:
            yield
        except failure:
            self._failed(probe)
            raise
        else:
            self._failures, self._opened_at = 0, None
        finally:
            if probe:
                self._probing = False

    def _enter(self) -> bool:
        """Whether the attempt is the one by which all others wait to learn."""
        if self._opened_at is None:
            return False
        left = self._opened_at + self._seconds - self._clock()
        if left > 0 or self._probing:
            raise CircuitOpenError(max(left, 1.0))
        self._probing = True
        return True

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        # An attempt that was under way when it opened says nothing new.
        if probe or (self._opened_at is None and self._failures >= _FAILURES):
            self._opened_at = self._clock()
