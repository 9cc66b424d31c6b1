"""Signatures of deliveries, and what an answer means."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.models.webhook import WebhookDelivery, WebhookEvent
from domain.webhook_delivery import WAIT_SECONDS, delivery_headers, fault, signature

# RFC 4231's second test vector.
RFC_4231 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_the_signature_is_hmac_sha256() -> None:
    assert signature("Jefe", b"what do ya want for nothing?") == f"sha256={RFC_4231}"


def test_the_headers_are_the_same_at_every_try_and_hold_no_secret() -> None:
    now = datetime.now(UTC)
    first = WebhookDelivery("d1", "w1", "p1", WebhookEvent.VERSION_READY, '{"id": "d1"}', now, now)
    later = WebhookDelivery("d1", "w1", "p1", WebhookEvent.VERSION_READY, '{"id": "d1"}', now, now, 3, 500, "Away.")
    headers = delivery_headers(first, "whsec_1")
    assert headers == delivery_headers(later, "whsec_1")
    assert headers["X-Signature"] == "sha256=" + hmac.new(b"whsec_1", b'{"id": "d1"}', hashlib.sha256).hexdigest()
    assert (headers["X-Webhook-Id"], headers["X-Webhook-Event"]) == ("d1", "VERSION_READY")
    assert headers["Content-Type"] == "application/json"
    assert "whsec_1" not in str(headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_an_answer_of_success_takes_the_news(status: int) -> None:
    assert fault(status) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [(101, "HTTP 101"), (302, "redirects"), (400, "HTTP 400"), (410, "for good"), (503, "HTTP 503")],
)
def test_any_other_does_not_and_is_named(status: int, words: str) -> None:
    assert words in str(fault(status))


def test_the_page_for_receivers_checks_it_rightly() -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    names: dict[str, Callable[[bytes, str, str], bool]] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    is_genuine = names["is_genuine"]
    body, secret = b'{"id": "d1"}', "whsec_1"
    assert is_genuine(body, signature(secret, body), secret)
    for forged in ("", "sha256=", signature("whsec_2", body), signature(secret, body + b" "), "sha256=é"):
        assert not is_genuine(body, forged, secret)


def test_waits_grow_over_a_day() -> None:
    assert list(WAIT_SECONDS) == sorted(set(WAIT_SECONDS))
    assert WAIT_SECONDS[0] <= 10
    assert 12 * 3600 < sum(WAIT_SECONDS) < 2 * 24 * 3600
