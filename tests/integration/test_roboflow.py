"""Roboflow's client against a server that answers as Roboflow does, and fails in every way."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from adapters.roboflow import Patience, RoboflowClient
from domain.models.detection import Detection, FoundObjects
from domain.models.geometry import Box
from domain.ports import RoboflowError, RoboflowFault
from domain.roboflow_images import MAX_BYTES
from pictures import drone_exif, encoded, jpeg, pixels
from roboflow_server import KEY, MODEL, Canned, Fault, RoboflowServer, answer, prediction

SERVICE, OF_MODEL, OF_IMAGE = RoboflowFault.SERVICE, RoboflowFault.MODEL, RoboflowFault.IMAGE
PINE = Detection("pine", 0.91, Box(10, 12, 20, 16))
FAINT = Detection("Kiefernsämling", 0.31, Box(40, 4, 8.5, 9.25))
IMAGE = jpeg(1)


@pytest.fixture
async def server() -> AsyncIterator[RoboflowServer]:
    async with RoboflowServer({MODEL: [PINE, FAINT]}).running() as server:
        yield server


@pytest.fixture
async def client(server: RoboflowServer) -> AsyncIterator[RoboflowClient]:
    client = RoboflowClient(server.url, KEY, Patience(one_try=2, altogether=5, left_alone=0.5, pause=0.01))
    yield client
    await client.close()


async def detect(
    client: RoboflowClient, image: bytes = IMAGE, confidence: float = 0.25, iou: float = 0.45, model: str = MODEL
) -> FoundObjects:
    return await client.detect(model, image, confidence, iou)


async def refusal(client: RoboflowClient, **more: Any) -> RoboflowError:
    """How a detection fails; the sentence never names the key."""
    with pytest.raises(RoboflowError) as refused:
        await detect(client, **more)
    error = refused.value
    assert KEY not in str(error)
    assert str(error)[0].isupper()
    assert str(error).endswith(".")
    return error


async def test_boxes_come_by_their_corners_and_the_key_goes_in_a_header(
    server: RoboflowServer, client: RoboflowClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        found = await detect(client)
    assert found.detections == (PINE, FAINT)
    assert (found.image_width, found.image_height) == (64, 48)
    assert found.inference_ms > 0
    assert found.queue_ms < found.inference_ms
    (asked,) = server.asked
    assert (asked.path, asked.query) == (f"/{MODEL}", {"confidence": "25", "overlap": "45"})
    assert asked.image == IMAGE
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{asked.path} {asked.query}"
    assert server.url in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("confidence", "iou", "percent"),
    [(0, 0, ("1", "1")), (0.005, 0.999, ("1", "99")), (0.311, 0.455, ("31", "45")), (1, 1, ("100", "100"))],
)
async def test_shares_go_as_whole_percentages_and_are_held_to_exactly(
    server: RoboflowServer, client: RoboflowClient, confidence: float, iou: float, percent: tuple[str, str]
) -> None:
    found = await detect(client, confidence=confidence, iou=iou)
    assert (server.asked[0].query["confidence"], server.asked[0].query["overlap"]) == percent
    assert [one.confidence for one in found.detections] == [one for one in (0.91, 0.31) if one >= confidence]


async def test_the_connection_is_kept_for_the_next_image(server: RoboflowServer, client: RoboflowClient) -> None:
    for _ in range(3):
        await detect(client)
    assert len({asked.headers["host"] for asked in server.asked}) == 1
    assert len(server._serving) == 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
async def test_the_size_is_that_of_the_upright_image(client: RoboflowClient, orientation: int) -> None:
    found = await detect(client, encoded(pixels(2), exif=drone_exif(orientation)))
    upright = (64, 48) if orientation < 5 else (48, 64)
    assert (found.image_width, found.image_height) == upright
    assert all(one.box.right <= upright[0] and one.box.bottom <= upright[1] for one in found.detections)


async def test_boxes_are_cut_at_the_image_s_edge_and_what_lies_outside_is_left_out(
    server: RoboflowServer, client: RoboflowClient
) -> None:
    server.models[MODEL] = [
        Detection("a", 0.9, box) for box in (Box(-5, -5, 10, 10), Box(60, 40, 9, 99), Box(70, 1, 5, 5))
    ]
    found = await detect(client)
    assert [one.box for one in found.detections] == [Box(0, 0, 5, 5), Box(60, 40, 4, 8)]


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        (400, OF_IMAGE, "cannot read the image"),
        (401, OF_MODEL, "ROBOFLOW_API_KEY"),
        (402, OF_MODEL, "account"),
        (403, OF_MODEL, "ROBOFLOW_API_KEY"),
        (404, OF_MODEL, f"no model {MODEL}"),
        (413, OF_IMAGE, "too large"),
        (301, SERVICE, "ROBOFLOW_URL"),
        (307, SERVICE, "ROBOFLOW_URL"),
        (204, SERVICE, "instead of detecting"),
    ],
)
async def test_what_asking_again_would_not_mend_is_asked_once(
    server: RoboflowServer, client: RoboflowClient, status: int, fault: RoboflowFault, words: str
) -> None:
    server.every = Canned(status, headers={"Location": f"{server.url}/elsewhere?api_key={KEY}"})
    for _ in range(4):
        error = await refusal(client)
        assert error.fault is fault
        assert words in str(error)
    assert len(server.asked) == 4
    assert {asked.path for asked in server.asked} == {f"/{MODEL}"}, "a redirect takes the key along"
    server.every = None
    await detect(client)


async def test_the_wrong_key_an_unknown_model_and_no_image_are_told_apart(server: RoboflowServer) -> None:
    stranger = RoboflowClient(server.url, "rf_wrong")
    assert "ROBOFLOW_API_KEY" in str(await refusal(stranger))
    await stranger.close()
    client = RoboflowClient(server.url, KEY)
    assert "no model pines/7" in str(await refusal(client, model="pines/7"))
    assert "cannot read the image" in str(await refusal(client, image=b"<html>"))
    await client.close()


async def test_nothing_is_sent_that_cannot_be_answered(server: RoboflowServer, client: RoboflowClient) -> None:
    error = await refusal(client, image=bytes(MAX_BYTES + 1))
    assert (error.fault, "20 MB" in str(error)) == (OF_IMAGE, True)
    for name in (
        "..//evil",
        "pines",
        "pines/6?api_key=x",
        "pines/6/../../v",
        "@evil.example/6",
        "a/6\n",
        "//evil.example/6",
    ):
        assert (await refusal(client, model=name)).fault is OF_MODEL
    nobody = RoboflowClient(server.url, "")
    assert not nobody.configured
    assert "ROBOFLOW_API_KEY" in str(await refusal(nobody))
    assert server.asked == []


@pytest.mark.parametrize(
    "fault", [Fault.DROPPED, Fault.HALF, Canned(500), Canned(503), Canned(429, headers={"Retry-After": "0"})]
)
async def test_what_passes_is_asked_again(
    server: RoboflowServer, client: RoboflowClient, fault: Fault | Canned
) -> None:
    server.faults.extend([fault, fault])
    found = await detect(client)
    assert found.detections == (PINE, FAINT)
    assert len(server.asked) == 3
    assert all(asked.image == IMAGE for asked in server.asked)
    assert found.queue_ms > 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.DROPPED, "cannot be reached, or broke off"),
        (Fault.HALF, "cannot be reached, or broke off"),
        (Canned(500), "HTTP 500"),
        (Canned(429), "asked too often; try again later"),
        (Canned(429, headers={"Retry-After": "soon"}), "asked too often; try again later"),
    ],
)
async def test_after_the_third_try_the_last_fault_is_told(
    server: RoboflowServer, client: RoboflowClient, fault: Fault | Canned, words: str
) -> None:
    server.every = fault
    error = await refusal(client)
    assert error.fault is SERVICE
    assert words in str(error)
    assert len(server.asked) == 3


async def test_it_waits_as_long_as_it_is_told_to_but_not_for_ever(
    server: RoboflowServer, client: RoboflowClient
) -> None:
    server.faults.append(Canned(429, headers={"Retry-After": "1"}))
    assert (await detect(client)).queue_ms >= 1000
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    for value in ("600", later):
        began = time.monotonic()
        server.faults.append(Canned(429, headers={"Retry-After": value}))
        error = await refusal(client)
        assert "asked too often; try again in " in str(error)
        assert time.monotonic() - began < 1, "there is no time left to wait that long, and it is said at once"


async def test_a_service_that_says_nothing_is_given_up(server: RoboflowServer) -> None:
    client = RoboflowClient(server.url, KEY, Patience(one_try=0.3, altogether=0.5, pause=0.01))
    server.every = Fault.SILENT
    began = time.monotonic()
    error = await refusal(client)
    assert "gave no answer within" in str(error)
    assert error.fault is SERVICE
    assert time.monotonic() - began < 3
    assert len(server.asked) == 2, "there is no time for a third try"
    await client.close()


async def test_a_service_that_is_not_there_is_named_by_its_host(free_port: int) -> None:
    client = RoboflowClient(f"http://127.0.0.1:{free_port}", KEY)
    error = await refusal(client)
    assert "Roboflow at 127.0.0.1 cannot be reached" in str(error)
    await client.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def test_after_five_failed_tries_it_is_left_alone_for_a_while(
    server: RoboflowServer, client: RoboflowClient
) -> None:
    server.every = Canned(503)
    await refusal(client)
    assert "HTTP 503" in str(await refusal(client))
    assert len(server.asked) == 5
    refused = await asyncio.gather(*(refusal(client) for _ in range(8)))
    assert {"failed several times in a row" in str(error) for error in refused} == {True}
    assert {error.fault for error in refused} == {SERVICE}
    assert len(server.asked) == 5
    await asyncio.sleep(0.6)
    server.every = None
    outcomes = await asyncio.gather(*(detect(client) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, FoundObjects) for one in outcomes) == 1, "one goes ahead"
    assert len(server.asked) == 6
    assert (await detect(client)).detections == (PINE, FAINT)


GOOD: Mapping[str, Any] = answer([PINE], 64, 48)


def changed(**fields: Any) -> bytes:
    """The answer with another prediction."""
    return json.dumps({**GOOD, "predictions": [{**prediction(PINE), **fields}]}).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Invalid JSON"),
        (b"<html><body>Sign in to the hotel's network</body></html>", "Invalid JSON"),
        (b"null", "object"),
        (b"[]", "object"),
        (b"{}", "image"),
        (b"[" * 100_000, "Invalid JSON"),
        (json.dumps({"predictions": []}).encode(), "image"),
        (json.dumps({**GOOD, "image": {"width": 64}}).encode(), "image.height"),
        (json.dumps({**GOOD, "image": {"width": "wide", "height": 48}}).encode(), "image.width"),
        (json.dumps({**GOOD, "image": {"width": 0, "height": 48}}).encode(), "image.width"),
        (json.dumps({**GOOD, "image": {"width": 10**30, "height": 48}}).encode(), "image.width"),
        (json.dumps({**GOOD, "predictions": {"pine": {"confidence": 1}}}).encode(), "predictions"),
        (json.dumps({**GOOD, "predictions": [{"class": "pine", "confidence": 0.9}]}).encode(), "predictions.0.x"),
        (changed(x="10"), "predictions.0.x"),
        (changed(x=float("nan")), "predictions.0.x"),
        (changed(y=float("inf")), "predictions.0.y"),
        (changed(y=None), "predictions.0.y"),
        (changed(width=-3), "predictions.0.width"),
        (changed(height=1e300), "predictions.0.height"),
        (changed(confidence=54.4), "predictions.0.confidence"),
        (changed(confidence=-0.1), "predictions.0.confidence"),
        (changed(**{"class": 7}), "predictions.0.class"),
        (changed(**{"class": ""}), "class name"),
        (changed(**{"class": "a\nb"}), "class name"),
        (changed(**{"class": "a" * 500}), "class name"),
        (changed().replace(b'"pine"', b'"\\ud800"'), "Invalid JSON"),
        (changed().replace(b'"pine"', b'"\xff\xfe"'), "Invalid JSON"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_none(
    server: RoboflowServer, client: RoboflowClient, body: bytes, words: str
) -> None:
    server.every = Canned(200, body)
    error = await refusal(client)
    assert error.fault is SERVICE
    assert "cannot be understood" in str(error)
    assert words in str(error)
    assert len(server.asked) == 1


async def test_fields_that_are_new_or_absent_do_not_matter(server: RoboflowServer, client: RoboflowClient) -> None:
    one = {**prediction(PINE), "points": [{"x": 1, "y": 2}], "keypoints": None}
    del one["class_id"], one["detection_id"]
    document = {"image": {"width": 64, "height": 48}, "predictions": [one], "visualization": "", "trace": {"a": [1]}}
    server.every = Canned(200, json.dumps(document, ensure_ascii=False).encode())
    assert (await detect(client)).detections == (PINE,)


async def test_an_endless_answer_is_not_read(server: RoboflowServer, client: RoboflowClient) -> None:
    server.every = Fault.HUGE
    assert "larger than 10 MB" in str(await refusal(client))
    server.every = Canned(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})
    assert "cannot be understood" in str(await refusal(client)), "what was not asked for packed is not unpacked"
    assert {asked.headers["accept-encoding"] for asked in server.asked} == {"identity"}
