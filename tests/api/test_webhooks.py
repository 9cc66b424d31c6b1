"""Webhooks: made and deleted by managers, seen by nobody else, and news that arrives."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.models.people import TeamRole
from domain.webhooks import MAX_WEBHOOKS
from seeds import Home, add_images, annotate, join, make_home
from stack import PATIENCE, Caller, Stack, codes, running_api
from webhook_receiver import Answer, WebhookReceiver
from webhooks_made import add_delivery, add_webhook

CREATE = """mutation($input: CreateWebhookInput!) { createWebhook(input: $input) {
  secret webhook { id url events createdAt deliveries { totalCount } } userErrors { code message field } } }"""
DELETE = "mutation($id: ID!) { deleteWebhook(id: $id) { deletedIds userErrors { code } } }"
LIST = "query($id: ID!) { project(id: $id) { webhooks { id url events } } }"
NODE = """query($id: ID!) { node(id: $id) { id ... on Webhook { url deliveries { nodes {
  id event attempts status error deliveredAt nextTryAt } } } ... on WebhookDelivery { event } } }"""
CREATE_VERSION = """mutation($id: ID!) { createVersion(input: {projectId: $id}) {
  version { id name version } userErrors { code } } }"""
URL = "https://hooks.example.org/agridrone?key=4711"


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


def wanted(home: Home, **changes: Any) -> dict[str, Any]:
    return {"projectId": home.project.id, "url": URL, "events": ["VERSION_READY"], **changes}


async def listed(caller: Caller, home: Home) -> list[dict[str, Any]]:
    webhooks: list[dict[str, Any]] = (await caller.data(LIST, id=home.project.id))["webhooks"]
    return webhooks


async def test_the_secret_is_told_once(api: Stack, home: Home) -> None:
    manager = api.caller(await join(api.database, home.team, TeamRole.MANAGER))
    twice = ["TRAINING_FAILED", "VERSION_READY", "TRAINING_FAILED"]
    first = await manager.done(CREATE, input=wanted(home, events=twice))
    second = await manager.done(CREATE, input=wanted(home))
    assert first["secret"].startswith("whsec_")
    assert len(bytes.fromhex(first["secret"].removeprefix("whsec_"))) == 32
    assert first["secret"] != second["secret"]
    assert first["webhook"]["events"] == ["TRAINING_FAILED", "VERSION_READY"]
    assert first["webhook"]["deliveries"] == {"totalCount": 0}
    shown = await listed(manager, home)
    assert shown == [{key: one["webhook"][key] for key in ("id", "url", "events")} for one in (second, first)]
    node = await manager.data(NODE, id=first["webhook"]["id"])
    assert node["url"] == URL
    assert "whsec_" not in json.dumps([shown, node])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "hooks.example.org"}, "url"),
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/latest/meta-data"}, "url"),
        ({"url": "https://localhost:6379/"}, "url"),
        ({"url": "https://ana:secret@hooks.example.org/"}, "url"),
        ({"url": "https://hooks.example.org/" + "a" * 2000}, "url"),
        ({"events": []}, "events"),
    ],
)
async def test_what_makes_no_sense_is_named(api: Stack, home: Home, changes: dict[str, Any], field: str) -> None:
    owner = api.caller(home.owner)
    payload = await owner.data(CREATE, input=wanted(home, **changes))
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["input", field])
    assert payload["webhook"] is payload["secret"] is None
    assert await listed(owner, home) == []


async def test_a_project_has_at_most_twenty(api: Stack, home: Home) -> None:
    for _ in range(MAX_WEBHOOKS - 1):
        await add_webhook(api.database, home.project)
    owner = api.caller(home.owner)
    payloads = await asyncio.gather(*(owner.data(CREATE, input=wanted(home)) for _ in range(3)))
    errors = [[error["code"] for error in payload["userErrors"]] for payload in payloads]
    assert sorted(errors) == [[], ["LIMIT"], ["LIMIT"]]
    assert len(await listed(owner, home)) == MAX_WEBHOOKS


async def test_who_is_no_manager_sees_none(api: Stack, home: Home) -> None:
    webhook = await add_webhook(api.database, home.project)
    delivery = await add_delivery(api.database, webhook)
    for role in (TeamRole.VIEWER, TeamRole.MEMBER):
        mate = api.caller(await join(api.database, home.team, role))
        assert await listed(mate, home) == []
        for id_ in (webhook.id, delivery.id):
            assert await mate.data(NODE, id=id_) is None
        assert codes(await mate.ask(CREATE, input=wanted(home))) == ["FORBIDDEN"]
        assert codes(await mate.ask(DELETE, id=webhook.id)) == ["FORBIDDEN"]
    stranger = api.caller((await make_home(api.database, "elsewhere")).owner)
    for id_ in (webhook.id, delivery.id):
        assert await stranger.data(NODE, id=id_) is None
    assert codes(await stranger.ask(DELETE, id=webhook.id)) == ["NOT_FOUND"]
    assert codes(await stranger.ask(CREATE, input=wanted(home))) == ["NOT_FOUND"]
    owner = api.caller(home.owner)
    assert [one["id"] for one in await listed(owner, home)] == [webhook.id]
    assert (await owner.data(NODE, id=delivery.id))["event"] == "VERSION_READY"


async def test_a_deleted_one_is_gone_with_its_deliveries(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    gone, kept = [await add_webhook(api.database, home.project) for _ in range(2)]
    deliveries = [await add_delivery(api.database, webhook) for webhook in (gone, kept)]
    assert (await owner.done(DELETE, id=gone.id))["deletedIds"] == [gone.id]
    assert [one["id"] for one in await listed(owner, home)] == [kept.id]
    assert [await owner.data(NODE, id=one.id) is None for one in deliveries] == [True, False]
    assert codes(await owner.ask(DELETE, id=gone.id)) == ["NOT_FOUND"]


@pytest.fixture
async def open_api(servers: tuple[str, str], tmp_path: Path) -> AsyncIterator[Stack]:
    """The running API, whose webhooks may lead to this machine."""
    async with running_api(tmp_path / "data", *servers, webhook_private_targets=True) as stack:
        yield stack


async def test_news_arrives_and_the_list_tells_how(open_api: Stack) -> None:
    home = await make_home(open_api.database)
    await annotate(open_api.database, home, await add_images(open_api.database, home.project, ["one", "two"]))
    owner = open_api.caller(home.owner)
    async with WebhookReceiver().running() as taking, WebhookReceiver().running() as refusing, open_api.io_worker():
        refusing.every = Answer(500)
        made = [await owner.done(CREATE, input=wanted(home, url=one.url())) for one in (taking, refusing)]
        version = (await owner.done(CREATE_VERSION, id=home.project.id))["version"]
        async with asyncio.timeout(PATIENCE):
            (received,) = await taking.got(1)
            await refusing.got(1)
            good, bad = [await _told(owner, one["webhook"]["id"]) for one in made]
    wanted_signature = hmac.new(made[0]["secret"].encode(), received.body, hashlib.sha256).hexdigest()
    assert received.headers["x-signature"] == f"sha256={wanted_signature}"
    news = json.loads(received.body)
    assert (news["id"], news["event"]) == (good["id"], "VERSION_READY")
    assert news["project"] == {"id": home.project.id, "name": home.project.name}
    subject = {"id": version["id"], "name": version["name"], "number": version["version"]}
    assert news["subject"] == {"type": "DatasetVersion", "status": "READY", **subject}
    assert (good["attempts"], good["status"], good["error"], good["nextTryAt"]) == (1, 204, None, None)
    assert good["deliveredAt"] is not None
    assert (bad["attempts"], bad["status"], bad["deliveredAt"]) == (1, 500, None)
    assert bad["error"] == "The receiver answered with HTTP 500."
    assert bad["nextTryAt"] is not None


async def _told(caller: Caller, webhook_id: str) -> dict[str, Any]:
    """The webhook's one delivery, when its first try has ended."""
    while True:
        (delivery,) = (await caller.data(NODE, id=webhook_id))["deliveries"]["nodes"]
        if delivery["status"] is not None:
            return dict(delivery)
        await asyncio.sleep(0.05)
