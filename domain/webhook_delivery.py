"""How a delivery is signed, when it is tried again, and what becomes of it after each try."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from domain.jobs import Claim
from domain.models.webhook import WebhookDelivery
from domain.ports import UnitOfWork

WAIT_SECONDS = (10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600, 12 * 3600)
"""Before the second try, the third, and so on; after the last one a delivery is given up."""
_GONE = 410


def signature(secret: str, body: bytes) -> str:
    """What the header X-Signature says of the body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivery_headers(delivery: WebhookDelivery, secret: str) -> Mapping[str, str]:
    """At every try the same, so that a receiver knows again what it has had."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "AgriDrone-Ops-Webhooks",
        "X-Webhook-Id": delivery.id,
        "X-Webhook-Event": delivery.event.value,
        "X-Signature": signature(secret, delivery.body.encode()),
    }


def fault(status: int) -> str | None:
    """Why an answer of that HTTP status is none that the news was taken; None when it was."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"The receiver redirects (HTTP {status}), which is not followed; make a webhook with the new address."
    if status == _GONE:
        return f"The receiver says that it is gone for good (HTTP {status})."
    return f"The receiver answered with HTTP {status}."


def answered(claim: Claim, status: int) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The receiver answered the try. Raises ClaimLostError, also when the webhook was deleted meanwhile."""
    error = fault(status)

    async def work(uow: UnitOfWork) -> None:
        now = datetime.now(UTC)
        over = {"status": status, "error": None, "due_at": None, "delivered_at": now}
        await uow.webhook_deliveries.write_claimed(claim, **over)

    return work if error is None else in_vain(claim, error, status)


def in_vain(claim: Claim, error: str, status: int | None = None) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The try failed, with the answer's `status` where there was one: another follows later, unless this was the last
    or the receiver is gone. Raises as `answered` does."""
    last = status == _GONE or claim.attempt > len(WAIT_SECONDS)
    wait = None if last else timedelta(seconds=WAIT_SECONDS[claim.attempt - 1])
    tries = "one try" if claim.attempt == 1 else f"{claim.attempt} tries"
    text = f"{error} Given up after {tries}." if last else error

    async def work(uow: UnitOfWork) -> None:
        due_at = datetime.now(UTC) + wait if wait is not None else None
        await uow.webhook_deliveries.write_claimed(claim, status=status, error=text, due_at=due_at)
        # Free from now on, and without a strike: when it is due is what keeps it waiting.
        await uow.claims.progressed(claim)
        await uow.claims.release(claim)

    return work
