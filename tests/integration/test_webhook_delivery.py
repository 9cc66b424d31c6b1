"""Deliveries reach a real receiver at least once, whatever it does and whoever is killed, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from adapters.local_store import LocalStore
from adapters.webhook_http import HttpWebhookSender
from db.database import SqlDatabase
from db.types import database_now
from domain.errors import ClaimLostError
from domain.jobs import LEASE_SECONDS, Claim, JobKind
from domain.models.webhook import Webhook, WebhookDelivery
from domain.ports import WebhookSender
from domain.webhook_delivery import WAIT_SECONDS, answered, delivery_headers, in_vain
from scrapes import of_this_process
from seeds import Home, make_home, take
from stack import PATIENCE
from webhook_receiver import Answer, Fault, WebhookReceiver
from webhooks_made import SECRET, add_delivery, add_webhook, change_delivery
from workers.claims import ClaimLoops
from workers.collection import Collection
from workers.webhook_delivery import Delivery

DELIVERIES = "agridrone_webhook_deliveries_total"
PAST = timedelta(minutes=1)
TRUST = ssl.create_default_context()
"""To make one takes longer than most tests here."""


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver().running() as receiver:
        yield receiver


@pytest.fixture
async def webhook(database: SqlDatabase, home: Home, receiver: WebhookReceiver) -> Webhook:
    return await add_webhook(database, home.project, receiver.url())


async def _literally(host: str, port: int) -> Sequence[str]:
    return [host]


def http(seconds: float = PATIENCE) -> HttpWebhookSender:
    return HttpWebhookSender(True, _literally, TRUST, seconds)


@asynccontextmanager
async def worker(database: SqlDatabase, sender: WebhookSender | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task(ClaimLoops(database, "test", [Delivery(database, sender or http())]).run())
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def current(database: SqlDatabase, delivery: WebhookDelivery) -> WebhookDelivery:
    found = await database.read(lambda uow: uow.webhook_deliveries.get(delivery.id))
    assert found is not None
    return found


async def tried(database: SqlDatabase, delivery: WebhookDelivery) -> WebhookDelivery:
    """The delivery after the next try, which is due now."""
    await change_delivery(database, delivery, due_at=datetime.now(UTC) - PAST)
    before = (await current(database, delivery)).due_at
    async with worker(database):
        while True:
            after = await current(database, delivery)
            if after.due_at != before:
                return after
            await asyncio.sleep(0.02)


async def delivered(database: SqlDatabase, delivery: WebhookDelivery) -> WebhookDelivery:
    """The delivery when it has arrived."""
    while True:
        found = await current(database, delivery)
        if found.delivered_at is not None:
            return found
        await asyncio.sleep(0.02)


async def try_take(database: SqlDatabase) -> Claim | None:
    return await database.write(lambda uow: uow.claims.take(JobKind.WEBHOOK_DELIVERY, "other"))


async def grow_stale(database: SqlDatabase, delivery: WebhookDelivery) -> None:
    """As if the worker that holds it had not been heard of for longer than the lease."""
    await change_delivery(database, delivery, heartbeat_at=database_now(LEASE_SECONDS + 1))


async def test_it_arrives_signed_and_is_over(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    delivery = await add_delivery(database, webhook)
    after = await tried(database, delivery)
    (received,) = receiver.received
    assert received.body == delivery.body.encode()
    sent = delivery_headers(delivery, SECRET)
    assert {name.lower(): value for name, value in sent.items()}.items() <= received.headers.items()
    assert SECRET not in str(received.headers)
    assert (after.attempt, after.status, after.error, after.due_at) == (1, 204, None, None)
    assert after.delivered_at is not None
    assert await try_take(database) is None


async def test_what_fails_is_tried_again_ever_later_and_is_the_same_each_time(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    delivery = await add_delivery(database, webhook)
    faults: list[tuple[Answer | Fault, int | None, str]] = [
        (Answer(500), 500, "HTTP 500"),
        (Fault.DROPPED, None, "broke off"),
        (Answer(307, {"Location": receiver.url(path="/elsewhere")}), 307, "redirects"),
        (Answer(404), 404, "HTTP 404"),
    ]
    before = of_this_process().series(DELIVERIES)
    for number, (fault, status, words) in enumerate(faults):
        receiver.answers.append(fault)
        began = datetime.now(UTC)
        after = await tried(database, delivery)
        assert (after.attempt, after.status, after.delivered_at) == (number + 1, status, None)
        assert words in str(after.error)
        assert after.due_at is not None
        assert after.due_at - began >= timedelta(seconds=WAIT_SECONDS[number])
        assert after.due_at - datetime.now(UTC) <= timedelta(seconds=WAIT_SECONDS[number])
        assert await try_take(database) is None, "it is not due yet"
    after = await tried(database, delivery)
    assert (after.attempt, after.status, after.error) == (5, 204, None)
    assert after.delivered_at is not None
    assert len(receiver.received) == 5
    outcomes = {"refused": 3, "unreachable": 1, "taken": 1}
    told = {(outcome,): before.get((outcome,), 0) + tries for outcome, tries in outcomes.items()}
    assert of_this_process().series(DELIVERIES) == told
    same = ("x-webhook-id", "x-webhook-event", "x-signature")
    assert len({(one.line, one.body, *(one.headers[name] for name in same)) for one in receiver.received}) == 1


async def test_the_last_try_in_vain_ends_it(database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook) -> None:
    delivery = await add_delivery(database, webhook)
    receiver.every = Answer(503)
    await change_delivery(database, delivery, attempt=len(WAIT_SECONDS) - 1)
    assert (await tried(database, delivery)).due_at is not None
    after = await tried(database, delivery)
    assert (after.attempt, after.status, after.due_at, after.delivered_at) == (8, 503, None, None)
    assert after.error == "The receiver answered with HTTP 503. Given up after 8 tries."
    assert await try_take(database) is None


async def test_a_receiver_that_is_gone_for_good_is_left_alone(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    receiver.every = Answer(410)
    after = await tried(database, await add_delivery(database, webhook))
    assert (after.attempt, after.status, after.due_at, after.delivered_at) == (1, 410, None, None)
    assert after.error == "The receiver says that it is gone for good (HTTP 410). Given up after one try."


async def test_a_receiver_that_hangs_or_is_not_there_is_tried_again(
    database: SqlDatabase, home: Home, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    receiver.every = Fault.SILENT
    nowhere = await add_webhook(database, home.project, "http://127.0.0.1:1/")
    deliveries = [await add_delivery(database, one) for one in (webhook, nowhere)]
    handler = Delivery(database, http(seconds=0.2))
    for _ in deliveries:
        await handler.run(await take(database, JobKind.WEBHOOK_DELIVERY))
    hanging, absent = [await current(database, delivery) for delivery in deliveries]
    assert "no answer within 0.2 s" in str(hanging.error)
    assert "no connection" in str(absent.error)
    assert all(one.due_at is not None and one.due_at > datetime.now(UTC) for one in (hanging, absent))


async def test_one_that_was_sent_by_a_worker_that_died_is_sent_again(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    delivery = await add_delivery(database, webhook)

    class Dying:
        """It sends, and does not live to hear the answer."""

        async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
            await http().send(url, headers, body)
            raise asyncio.CancelledError

    old = await take(database, JobKind.WEBHOOK_DELIVERY)
    with pytest.raises(asyncio.CancelledError):
        await Delivery(database, Dying()).run(old)
    assert len(receiver.received) == 1
    assert await try_take(database) is None, "its worker may live"
    await grow_stale(database, delivery)
    async with worker(database):
        await delivered(database, delivery)
    first, second = receiver.received
    assert (first.body, first.headers["x-webhook-id"]) == (second.body, second.headers["x-webhook-id"])
    for late in (answered(old, 500), in_vain(old, "It was late.")):
        with pytest.raises(ClaimLostError):
            await database.write(late)
    assert (await current(database, delivery)).status == 204


async def test_a_worker_that_is_told_to_stop_leaves_it_to_the_next_at_once(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    delivery = await add_delivery(database, webhook)
    receiver.answers.append(Fault.SILENT)
    async with worker(database):
        await receiver.got(1)
    async with worker(database):
        assert (await delivered(database, delivery)).attempt == 2
    assert len(receiver.received) == 2


async def test_one_receiver_that_hangs_holds_up_no_other(
    database: SqlDatabase, home: Home, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    receiver.every = Fault.SILENT
    for _ in range(2 * Delivery.slots):
        await add_delivery(database, webhook)
    async with WebhookReceiver().running() as quick:
        other = await add_webhook(database, home.project, quick.url())
        for _ in range(6):
            await add_delivery(database, other)
        async with worker(database):
            await quick.got(6)
            assert receiver.connections <= 2, "it has one place, or two when two places looked at the same moment"


async def test_a_webhook_has_one_delivery_under_way(database: SqlDatabase, home: Home, webhook: Webhook) -> None:
    first, second = [await add_delivery(database, webhook) for _ in range(2)]
    claim = await take(database, JobKind.WEBHOOK_DELIVERY)
    assert claim.id == first.id
    assert await try_take(database) is None
    other = await add_delivery(database, await add_webhook(database, home.project))
    assert (await take(database, JobKind.WEBHOOK_DELIVERY)).id == other.id
    await database.write(in_vain(claim, "It was away."))
    claim = await take(database, JobKind.WEBHOOK_DELIVERY)
    assert claim.id == second.id
    await database.write(answered(claim, 200))
    third = await add_delivery(database, webhook)
    assert (await take(database, JobKind.WEBHOOK_DELIVERY)).id == third.id


async def test_a_fault_of_ours_costs_a_try_and_not_the_delivery(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    delivery = await add_delivery(database, webhook)
    for _ in range(4):
        claim = await take(database, JobKind.WEBHOOK_DELIVERY)
        await grow_stale(database, delivery)
    assert claim.exhausted
    await Delivery(database, http()).fail(claim, "It was interrupted.")
    after = await current(database, delivery)
    assert (after.error, after.attempt) == ("It was interrupted.", 4)
    assert after.due_at is not None
    assert (await tried(database, delivery)).delivered_at is not None


async def test_nothing_is_sent_to_a_webhook_that_was_deleted(
    database: SqlDatabase, receiver: WebhookReceiver, webhook: Webhook
) -> None:
    await add_delivery(database, webhook)
    claim = await take(database, JobKind.WEBHOOK_DELIVERY)
    await database.write(lambda uow: uow.webhooks.remove(webhook.id))
    await Delivery(database, http()).run(claim)
    assert receiver.connections == 0
    assert await database.read(lambda uow: uow.webhook_deliveries.get(claim.id)) is None


async def test_deliveries_are_kept_for_thirty_days(database: SqlDatabase, store: LocalStore, webhook: Webhook) -> None:
    now = datetime.now(UTC)
    ages = [0, 29, 31, 32, 33]
    made = [await add_delivery(database, webhook) for _ in ages]
    for delivery, days in zip(made, ages, strict=True):
        await change_delivery(database, delivery, created_at=now - timedelta(days=days))
    before = now - timedelta(days=30)
    assert await database.write(lambda uow: uow.webhook_deliveries.remove_older(before, 1)) == 1
    await Collection(database, store).collect_overdue()
    left = await database.read(lambda uow: uow.webhook_deliveries.get_many([delivery.id for delivery in made]))
    assert left.keys() == {delivery.id for delivery in made[:2]}
