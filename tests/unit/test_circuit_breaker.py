"""The circuit breaker, by a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from adapters.circuit_breaker import CircuitBreaker, CircuitOpenError


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(30, clock)


def attempt(breaker: CircuitBreaker, how: Callable[[], object] = lambda: None) -> None:
    with breaker.attempt(ConnectionError):
        how()


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    def refuse() -> None:
        raise ConnectionError

    for _ in range(times):
        with pytest.raises(ConnectionError):
            attempt(breaker, refuse)


def test_five_failures_in_a_row_open_it_for_a_while(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 4)
    attempt(breaker)
    fail(breaker, 4)
    assert breaker.closed
    fail(breaker)
    assert not breaker.closed
    clock.now += 10
    with pytest.raises(CircuitOpenError) as refused:
        attempt(breaker)
    assert refused.value.seconds == 20


def test_afterwards_one_attempt_at_a_time_goes_through(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 30
    with breaker.attempt(ConnectionError), pytest.raises(CircuitOpenError):
        attempt(breaker)
    assert breaker.closed
    attempt(breaker)
    attempt(breaker)


def test_one_that_fails_opens_it_again(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 30
    fail(breaker)
    clock.now += 29
    with pytest.raises(CircuitOpenError):
        attempt(breaker)
    clock.now += 1
    attempt(breaker)
    assert breaker.closed


@pytest.mark.parametrize("end", [ValueError, asyncio.CancelledError])
def test_what_says_nothing_of_the_service_changes_nothing(
    breaker: CircuitBreaker, clock: Clock, end: type[BaseException]
) -> None:
    def stop() -> None:
        raise end

    for _ in range(9):
        with pytest.raises(end):
            attempt(breaker, stop)
    assert breaker.closed
    fail(breaker, 5)
    clock.now += 30
    with pytest.raises(end):
        attempt(breaker, stop)
    assert not breaker.closed
    attempt(breaker)  # the place of the one that was given up is free again


def test_an_attempt_from_before_it_opened_does_not_prolong_it(breaker: CircuitBreaker, clock: Clock) -> None:
    def late() -> None:
        fail(breaker, 5)
        clock.now += 20
        raise ConnectionError

    with pytest.raises(ConnectionError):
        attempt(breaker, late)
    clock.now += 10
    attempt(breaker)
    assert breaker.closed
