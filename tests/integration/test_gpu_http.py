"""The GPU host's HTTP face: detections on this very host, the GPU for SAM3, and who is told nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from adapters.local_store import LocalStore
from adapters.settings import SettingsError
from db.database import SqlDatabase
from domain.models.config import Preprocessing
from domain.models.detection import ServedModel
from domain.models.gpu import GpuHolder
from domain.models.training import TrainingConfig
from domain.training import StartTraining, start_training
from field_versions import field_version
from gpu_faces import HOST, PATIENCE, SECRET, Face, running_face
from inference_hosts import add_photographs, add_served
from plant_scenes import as_jpeg, ground, planted
from seeds import Home, make_home
from trained_detectors import Detector
from workers.gpu_http import bodies
from workers.gpu_room import GIB
from workers.http_server import serve_http

TTL_SECONDS = 2.5
WIDTH, HEIGHT = 588, 331
DETECT, LOAD, UNLOAD, STATUS = "yolo/detect", "yolo/load", "yolo/unload", "yolo/status"
ACQUIRE, RENEW, RELEASE = "gpu/acquire", "gpu/renew", "gpu/release"
FORM = "--b\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n--b--\r\n"


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(2 * PATIENCE):
        yield


@pytest.fixture
async def face(sqlite_database: SqlDatabase, store: LocalStore, redis_url: str, tmp_path: Path) -> AsyncIterator[Face]:
    async with (
        Redis.from_url(redis_url) as redis,
        running_face(sqlite_database, store, redis, tmp_path / "host", TTL_SECONDS) as face,
    ):
        yield face


@pytest.fixture
async def home(sqlite_database: SqlDatabase) -> Home:
    return await make_home(sqlite_database)


@pytest.fixture
def photograph() -> bytes:
    pixels, _ = planted(ground(51), 51, 130)
    return as_jpeg(pixels[:HEIGHT, :WIDTH])


@pytest.fixture
async def image_key(sqlite_database: SqlDatabase, store: LocalStore, home: Home, photograph: bytes) -> str:
    (asset,) = await add_photographs(sqlite_database, store, home, [photograph])
    return asset.s3_key


@pytest.fixture
async def model(sqlite_database: SqlDatabase, store: LocalStore, home: Home, detector: Detector) -> ServedModel:
    model = replace(await detector.stored(store), team_id=home.team.id, preprocessing=Preprocessing())
    await add_served(sqlite_database, home, model)
    return model


async def probes(store: LocalStore, home: Home) -> list[str]:
    return [one.key async for one in store.under(f"teams/{home.team.id}/probes/")]


async def test_who_lacks_the_secret_is_told_nothing(face: Face) -> None:
    for path in (DETECT, LOAD, UNLOAD, STATUS, ACQUIRE, RENEW, RELEASE, "nothing"):
        for given in ("", SECRET, f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer \N{LATIN SMALL LETTER E WITH ACUTE}"):
            headers = {b"Authorization": given.encode("latin-1")}
            for method in ("GET", "POST"):
                answer = await face.http.request(method, f"/api/v1/{path}", headers=headers, content=b"{}")
                assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED"), (path, given)
    assert await face.mutex.look() is None


async def test_an_image_is_sent_along_or_named_by_its_key(
    face: Face, model: ServedModel, image_key: str, photograph: bytes, store: LocalStore, home: Home
) -> None:
    named = await face.told(DETECT, modelId=model.id, imageKey=image_key, confidence=0.3)
    assert (named["modelId"], named["imageWidth"], named["imageHeight"]) == (model.id, WIDTH, HEIGHT)
    assert named["inferenceMs"] > 0
    assert named["detections"]
    assert all(one["confidence"] >= 0.3 and one["weedType"] in model.classes for one in named["detections"])
    assert named["detections"][0]["box"].keys() == {"x", "y", "width", "height"}
    form = {"modelId": model.id, "confidence": "0.3"}
    sent = await face.http.post(f"/api/v1/{DETECT}", data=form, files={"image": ("x.jpg", photograph)})
    assert sent.json()["detections"] == named["detections"]
    assert await probes(store, home) == []
    status = (await face.http.get(f"/api/v1/{STATUS}")).json()
    assert status.pop("heldSince")
    assert status == {
        "host": HOST,
        "device": "Tesla T4",
        "exclusive": True,
        "memoryTotal": 16 * GIB,
        "memoryUsed": 0,
        "loadedModelIds": [model.id],
        "sam3Loaded": None,
        "holder": "INFERENCE",
    }
    assert await face.told(UNLOAD) == {"loadedModelIds": []}
    assert await face.told(LOAD, modelId=model.id) == {"loadedModelIds": [model.id]}
    (known,) = await face.database.read(lambda uow: uow.gpu_hosts.all())
    assert known.loaded_model_ids == (model.id,)
    await face.told(ACQUIRE, waitSeconds=30)
    assert face.host.inference.loaded() == ()


FAULTS: list[tuple[dict[str, Any], int, str]] = [
    ({"url": "http://127.0.0.1/x.jpg"}, 400, "url: "),
    ({"imageUrl": "http://127.0.0.1/x.jpg"}, 400, "imageUrl: "),
    ({"imageKey": "http://127.0.0.1/x.jpg"}, 400, "imageKey"),
    ({"imageKey": "teams/{team}/../other/x"}, 400, "imageKey"),
    ({"imageKey": "/etc/passwd"}, 400, "imageKey"),
    ({"imageKey": "teams/{team}/a\\..\\x"}, 400, "imageKey"),
    ({"imageKey": "teams/{team}/a\0"}, 400, "imageKey"),
    ({"imageKey": "teams/another/originals/x"}, 404, "no such image"),
    ({"imageKey": "teams/{team}x/originals/x"}, 404, "no such image"),
    ({"imageKey": "teams/{team}/originals/gone"}, 404, "no such image"),
    ({"imageKey": None}, 400, "imageKey: "),
    ({"modelId": "another"}, 404, "no such model"),
    ({"modelId": 5}, 400, "modelId: "),
    ({"confidence": 1.5}, 400, "confidence: "),
    ({"iou": float("nan")}, 400, "iou: "),
    ({"imageKey": "teams/{team}/text"}, 422, ""),
    ({"modelId": "lost"}, 409, ""),
]
CODES = {400: "INVALID", 404: "NOT_FOUND", 409: "NOT_READY", 422: "UNSUPPORTED"}


async def test_what_is_wrong_with_a_detection_is_said(
    face: Face, model: ServedModel, image_key: str, store: LocalStore, home: Home, sqlite_database: SqlDatabase
) -> None:
    team = home.team.id
    await store.put("teams/another/originals/x", b"another team's", "image/jpeg")
    await store.put(f"teams/{team}/text", b"no image", "image/jpeg")
    lost = replace(model, id="lost", weights_key=f"teams/{team}/lost.pt", weights_sha256="0" * 64, onnx=None)
    await add_served(sqlite_database, home, lost)
    for change, status, said in FAULTS:
        body = {"modelId": model.id, "imageKey": image_key, **change}
        answer = await face.http.post(f"/api/v1/{DETECT}", content=json.dumps(body).replace("{team}", team))
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, CODES[status]), change
        assert said in answer.json()["error"]["message"]


JSON, PARTS = "application/json", "multipart/form-data; boundary=b"
BODIES = [
    (b"[" * 50_000, JSON),
    (b"5", JSON),
    (b"\xff\xfe", JSON),
    (b"{}", JSON),
    (FORM.format("image", "text").encode(), PARTS),
    (FORM.format("url; filename=x", "http://127.0.0.1/").encode(), PARTS),
    (FORM.format("image; filename=x", "").encode(), PARTS),
    (FORM.format("image; filename=x", "bytes").encode(), PARTS),
    (b"no form", PARTS),
    (b"no form", "multipart/form-data"),
]


async def test_bodies_that_are_no_calls_are_refused(face: Face) -> None:
    for content, kind in BODIES:
        answer = await face.http.post(f"/api/v1/{DETECT}", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID"), content[:80]
    wrong = await face.http.get(f"/api/v1/{DETECT}")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    missing = await face.http.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_what_is_too_large_is_not_taken_in(
    face: Face, model: ServedModel, photograph: bytes, store: LocalStore, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_IMAGE_BYTES", 1000)
    form, files = {"modelId": model.id}, {"image": ("x.jpg", photograph)}
    request = face.http.build_request("POST", f"/api/v1/{DETECT}", data=form, files=files)

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1000

    kind = {"Content-Type": request.headers["Content-Type"]}
    for large in (
        request,
        face.http.build_request("POST", f"/api/v1/{DETECT}", content=b"x" * 200_000, headers=kind),
        face.http.build_request("POST", f"/api/v1/{LOAD}", content=unannounced()),
        face.http.build_request("POST", f"/api/v1/{LOAD}", content=b" " * 200_000),
    ):
        answer = await face.http.send(large)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "LIMIT"), answer.text
    assert await probes(store, home) == []


async def test_who_has_the_gpu_is_said_and_for_how_long(
    face: Face, model: ServedModel, image_key: str, sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    other, version = await field_version(sqlite_database, store, tmp_path, images=4)
    order = StartTraining(version.id, TrainingConfig(), None, True, None)
    job = await start_training(sqlite_database, other.principal, order)
    await sqlite_database.write(lambda uow: uow.jobs.update(job.id, eta_seconds=600))
    async with face.held_by(GpuHolder.TRAINING, job.id) as lease:
        for path, body in (
            (DETECT, {"modelId": model.id, "imageKey": image_key}),
            (LOAD, {"modelId": model.id}),
            (ACQUIRE, {}),
        ):
            error = await face.refused(path, 409, **body)
            assert (error["code"], error["holder"], error["etaSeconds"]) == ("GPU_BUSY", "TRAINING", 600)
            assert error["since"] == lease.since.isoformat()
            assert job.id not in json.dumps(error), "which training it is, is its team's own business"
        # Its token is no token of SAM3's.
        for path in (RENEW, RELEASE):
            assert (await face.refused(path, 409, token=lease.token))["code"] == "GPU_LOST"
        assert await face.mutex.look() == lease


async def test_a_call_on_its_way_is_answered_when_the_worker_ends(
    face: Face, model: ServedModel, image_key: str
) -> None:
    await face.told(LOAD, modelId=model.id)
    async with face.held_by(GpuHolder.SAM3, "sam3"):
        detecting = asyncio.create_task(face.told(DETECT, modelId=model.id, imageKey=image_key))
        await asyncio.sleep(0.3)
        face.serving.cancel()
    assert (await detecting)["modelId"] == model.id
    await asyncio.wait([face.serving])
    with pytest.raises(httpx.ConnectError):
        await face.http.get("/")


async def test_a_port_that_is_taken_is_an_operator_s_to_mend(face: Face) -> None:
    port = int(face.address.rpartition(":")[2])
    with pytest.raises(SettingsError, match="GPU_HTTP_PORT"):
        await serve_http(None, "127.0.0.1", port, "GPU_HTTP_PORT")  # type: ignore[arg-type]
