"""Cursors: they come back as they were given out, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.events import decode_event_cursor, encode_event_cursor
from domain.paging import MAX_FIRST, decode_cursor, encode_cursor, page_request

times = st.datetimes(timezones=st.just(UTC))
parts = st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.text(), times)


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(st.lists(parts, min_size=1, max_size=3))
@settings(max_examples=40)
def test_a_cursor_comes_back_as_the_key_it_was_made_of(key: list[str | int | datetime]) -> None:
    cursor = encode_cursor(tuple(key))
    assert decode_cursor(cursor) == tuple(key)
    assert cursor.isascii()
    assert not set(cursor) & set("=+/ ")


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        "not a cursor",
        "é",
        "====",
        packed(None),
        packed(5),
        packed(True),
        packed([True]),
        packed([None]),
        packed([1.5]),
        packed([2**63]),
        packed(["\ud800"]),
        packed([["t", "0001-01-01T00:00:00+14:00"]]),
        packed([["t", "yesterday"]]),
        packed([["t", 5]]),
        packed([["x", "2024-01-01"]]),
        packed([{"a": 1}]),
        packed({"a": 1})[:-2],
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(DomainError) as refused:
        decode_cursor(garbage)
    assert (refused.value.code, refused.value.field) == (ErrorCode.BAD_USER_INPUT, ("after",))


@given(st.text(max_size=60))
def test_whatever_is_sent_is_a_cursor_or_refused(text: str) -> None:
    with suppress(DomainError):
        assert all(isinstance(part, str | int | datetime) for part in decode_cursor(text))


@pytest.mark.parametrize("first", [0, -1, MAX_FIRST + 1, 2**40])
def test_first_has_a_range(first: int) -> None:
    with pytest.raises(DomainError) as refused:
        page_request(first, None)
    assert (refused.value.code, refused.value.field) == (ErrorCode.BAD_USER_INPUT, ("first",))


def test_the_ends_of_the_range_are_taken() -> None:
    assert [page_request(first, None).first for first in (1, MAX_FIRST)] == [1, 200]


@given(st.integers(0, 10**18 - 1))
def test_an_event_s_cursor_comes_back(seq: int) -> None:
    assert decode_event_cursor(encode_event_cursor(seq)) == seq


@pytest.mark.parametrize("garbage", ["", "-1", "1.0", "x", "１２", "9" * 19, " 1"])
def test_garbage_is_no_event_cursor(garbage: str) -> None:
    with pytest.raises(DomainError) as refused:
        decode_event_cursor(garbage)
    assert refused.value.code is ErrorCode.BAD_USER_INPUT
