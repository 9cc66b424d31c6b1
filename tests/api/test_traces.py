"""One trace from a request to the work that it asked for, sent to a collector; and nothing secret in it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.local_store import LocalStore
from adapters.origins import Origins
from adapters.settings import load_settings
from adapters.tracing import past_span, span, traceparent, tracing, within
from field_versions import field_version
from renderers import renderer
from seeds import Home, add_images, annotate, make_home
from stack import Stack
from trace_collector import Span, TraceCollector, named, way_up
from training_hosts import training_on
from workers import child_process
from workers.claims import ClaimLoops

CREATE = """mutation Nightly($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id } userErrors { code message field } } }"""
START = """mutation($input: StartTrainingInput!) {
  startTraining(input: $input) { job { id } userErrors { code message field } } }"""
PROGRESS = "subscription($id: ID!) { versionProgress(versionId: $id) { stage } }"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CHILD = Path(__file__).parents[1] / "scripted_child.py"


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    with TraceCollector().running() as collector:
        yield collector


@contextmanager
def sent_to(collector: TraceCollector) -> Iterator[None]:
    """The spans of this process are all sent when this ends."""
    with tracing(load_settings(otel_exporter_otlp_endpoint=collector.url), "agridrone-test"):
        yield


@pytest.fixture
async def home(api: Stack) -> Home:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    return home


def names_up(spans: list[Span], name: str) -> list[str]:
    return [one.name for one in way_up(spans, named(spans, name))]


async def test_a_version_is_one_trace_from_the_request_to_its_stages(
    api: Stack, home: Home, collector: TraceCollector
) -> None:
    owner = api.caller(home.owner)
    http = {**owner.headers, "traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "deploy-7"}
    with sent_to(collector):
        async with api.io_worker():
            given = {"projectId": home.project.id, "displayName": "the secret name"}
            asked = {"query": CREATE, "variables": {"input": given}}
            answer = (await api.http.post("/graphql", json=asked, headers=http)).json()
            version_id = answer["data"]["createVersion"]["version"]["id"]
            assert (await owner.events(PROGRESS, id=version_id))[-1]["stage"] == "READY"
    spans = [one for one in collector.spans if one.trace == TRACE]
    asked_span = named(spans, "mutation createVersion")
    assert asked_span.parent == PARENT
    assert asked_span.attributes == {"agridrone.request_id": "deploy-7", "agridrone.status": "ok"}
    for stage in ("selecting", "freezing", "uploading"):
        assert names_up(spans, f"SNAPSHOT {stage}") == [f"SNAPSHOT {stage}", "SNAPSHOT", "mutation createVersion"]
    assert named(spans, "SNAPSHOT").attributes == {
        "agridrone.kind": "SNAPSHOT",
        "agridrone.job_id": version_id,
        "agridrone.attempt": 1,
        "agridrone.project_id": home.project.id,
        "agridrone.version_id": version_id,
        "agridrone.request_id": "deploy-7",
    }
    watched = named(collector.spans, "subscription versionProgress")
    assert watched.trace != TRACE
    assert str(watched.attributes["agridrone.request_id"]).endswith(".1")
    check_discreet(collector, home, owner.token)


def check_discreet(collector: TraceCollector, home: Home, token: str | None) -> None:
    """No token, address, name or document of a caller's is in what was sent."""
    for secret in (token or "", home.owner.email, home.owner.name, "the secret name", "Nightly", "userErrors", "http:"):
        assert secret.encode() not in collector.received, secret


@pytest.fixture
async def field_home(api: Stack, tmp_path: Path) -> tuple[Home, str]:
    store = api.services.store
    assert isinstance(store, LocalStore)
    home, version = await field_version(api.database, store, tmp_path, images=6)
    return home, version.id


async def test_a_training_is_one_trace_down_to_the_epochs_of_its_child(
    api: Stack,
    field_home: tuple[Home, str],
    collector: TraceCollector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, version_id = field_home
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"epoch": 1}, {"failed": "OUT_OF_MEMORY"}], [{"epoch": 2}, {"done": 2}]]))
    monkeypatch.setattr(child_process, "_PROGRAM", (str(CHILD), str(script)))
    input_ = {"datasetVersionId": version_id, "fromScratch": True, "config": {"epochs": 2, "batchSize": 4}}
    with sent_to(collector):
        async with renderer(tmp_path) as rendering:
            handler = training_on(api.database, api.services.store, rendering, tmp_path)
            loops = ClaimLoops(api.database, "test:gpu", [handler], Origins(api.services.redis))
            working = asyncio.create_task(loops.run())
            owner = api.caller(home.owner)
            job_id = (await owner.done(START, input=input_))["job"]["id"]
            await finished(api, job_id)
            loops.leave()
            await working
    spans = collector.spans
    asked = named(spans, "mutation startTraining")
    around = ["TRAINING", "mutation startTraining"]
    for stage in ("preparing", "rendering", "training", "storing"):
        assert names_up(spans, f"TRAINING {stage}") == [f"TRAINING {stage}", *around]
    trained = named(spans, "TRAINING training")
    children = [one for one in spans if one.name == "child"]
    assert [one.parent for one in children] == [trained.id, trained.id]
    assert [one.error for one in children] == ["ChildOutOfMemory", None]
    assert [one.attributes["agridrone.batch"] for one in children] == [4, 2]
    epochs = [one for one in spans if one.name == "epoch"]
    assert [(one.parent, one.attributes["agridrone.epoch"], one.seconds) for one in epochs] == [
        (child.id, number, 1.5) for number, child in enumerate(children, 1)
    ]
    assert {one.trace for one in (trained, *children, *epochs)} == {asked.trace}
    check_discreet(collector, home, owner.token)


async def finished(api: Stack, job_id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            job = await api.database.read(lambda uow: uow.jobs.get(job_id))
            assert job is not None
            if job.status.final:
                assert job.failure_reason is None
                return
            await asyncio.sleep(0.05)


async def test_what_a_worker_is_asked_at_once_is_of_the_request(
    api: Stack, home: Home, collector: TraceCollector
) -> None:
    owner = api.caller(home.owner)
    (asset, *_) = await add_images(api.database, home.project, ["three"])
    with sent_to(collector):
        async with api.io_worker():
            await owner.ask("query($id: ID!) { previewAugmentation(assetId: $id) { images { width } } }", id=asset.id)
    assert names_up(collector.spans, "preview") == ["preview", "query previewAugmentation"]


async def test_a_collector_that_is_away_costs_nobody_anything_and_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with TraceCollector().running() as collector:
        collector.status = 400  # which the library does not try again
        with capture_logs() as logged, sent_to(collector):
            for _ in range(3):
                for number in range(600):  # more than are sent together
                    with span("work", number=number):
                        pass
        assert collector.requests >= 3
    assert [line["event"] for line in logged] == ["spans_lost"]


async def test_a_collector_that_says_nothing_does_not_keep_a_process_from_ending() -> None:
    silent = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent:
        began = time.monotonic()
        settings = load_settings(otel_exporter_otlp_endpoint=f"http://127.0.0.1:{port}")
        with tracing(settings, "agridrone-test"), span("work"):
            pass
        assert time.monotonic() - began < 10


def test_an_error_marks_its_span_by_its_class_alone(collector: TraceCollector) -> None:
    with sent_to(collector), suppress(ValueError), span("work"):
        raise ValueError("the password is swordfish")
    (sent,) = collector.spans
    assert sent.error == "ValueError"
    assert b"swordfish" not in collector.received


def test_what_is_no_traceparent_begins_a_trace(collector: TraceCollector) -> None:
    with sent_to(collector):
        for text in (None, "", "00-0-0-0", f"00-{'0' * 32}-{PARENT}-01", "x" * 10_000):
            with within(text), span("work"):
                inner = traceparent()
                assert inner is not None
                past_span("before", 0.5)
    works = [one for one in collector.spans if one.name == "work"]
    assert len({one.trace for one in works}) == 5
    assert all(one.parent == "" for one in works)


def test_without_a_collector_nothing_is_recorded() -> None:
    with tracing(load_settings(otel_exporter_otlp_endpoint=""), "agridrone-test"), span("work") as one:
        one.note(kind="none")
        one.failed("none")
        assert traceparent() is None
