"""Files in a request: the GraphQL multipart request specification, with the header that no foreign page can send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from worlds import make_world

from pictures import jpeg
from stack import Caller, Stack, codes, running_api

DETECT = """mutation($input: DetectInput!) { detect(input: $input) {
  result { model } userErrors { code message field } } }"""
PLACE = {"0": ["variables.input.source.image"]}


@dataclass(frozen=True)
class Bench:
    """Who sends files, and the input that they belong to."""

    caller: Caller
    input: Mapping[str, Any]

    async def send(
        self,
        files: Mapping[str, tuple[str, bytes]],
        operations: object = None,
        places: object = None,
        preflight: str | None = "1",
    ) -> httpx.Response:
        whole = {"query": DETECT, "variables": {"input": self.input}}
        form = {
            "operations": json.dumps(whole if operations is None else operations),
            "map": json.dumps(PLACE if places is None else places),
        }
        header = {} if preflight is None else {"GraphQL-Require-Preflight": preflight}
        headers = {**self.caller.headers, **header}
        return await self.caller.http.post("/graphql", data=form, files=dict(files), headers=headers)


async def at(api: Stack) -> Bench:
    world = await make_world(api, "sending")
    model = {"modelId": world.ids["model"]}
    input_ = {"projectId": world.ids["project"], "source": {"image": None}, "model": model}
    return Bench(api.caller(world.home.owner), input_)


@pytest.fixture
async def bench(api: Stack) -> Bench:
    return await at(api)


async def test_a_file_takes_its_place_in_the_variables(bench: Bench) -> None:
    answer = (await bench.send({"0": ("a.jpg", jpeg())})).json()
    (error,) = answer["data"]["detect"]["userErrors"]
    assert error["code"] == "UNAVAILABLE", "the image was taken, and no worker runs here"


async def test_without_the_header_nothing_is_run(bench: Bench) -> None:
    refused = await bench.send({"0": ("a.jpg", jpeg())}, preflight=None)
    assert refused.status_code == 400
    assert codes(refused.json()) == ["BAD_USER_INPUT"]
    assert "GraphQL-Require-Preflight" in refused.text
    assert (await bench.send({"0": ("a.jpg", jpeg())}, preflight="")).status_code == 200, "its presence is enough"


async def test_a_map_that_does_not_fit_is_refused_with_a_sentence(bench: Bench) -> None:
    file = {"0": ("a.jpg", jpeg())}
    unfit: list[Any] = [
        {"0": ["variables.input.source.picture.of"]},
        {"0": ["variables.input.source.image.0"]},
        {"0": 5},
        {"0": [5]},
        {"1": ["variables.input.source.image"]},
        [],
        5,
    ]
    for places in unfit:
        refused = await bench.send(file, places=places)
        assert refused.status_code == 400, (places, refused.text)
        assert codes(refused.json()) == ["BAD_USER_INPUT"], places
        assert "map" in refused.text, places


async def test_operations_are_one_operation(bench: Bench) -> None:
    file = {"0": ("a.jpg", jpeg())}
    for operations in ([{"query": DETECT}], 5, "{ viewer { id } }", {}, {"query": 5}):
        refused = await bench.send(file, operations=operations, places={})
        assert refused.status_code == 400, (operations, refused.text)
        assert codes(refused.json()) == ["BAD_USER_INPUT"], operations


async def test_only_a_part_of_the_form_is_a_file(bench: Bench) -> None:
    for image in ("a.jpg", 5, {"filename": "a.jpg"}, ["a.jpg"], True):
        answer = await bench.caller.ask(DETECT, input={**bench.input, "source": {"image": image}})
        (error,) = answer["errors"]
        assert "Upload takes a file" in error["message"], image
    literal = DETECT.replace("$input: DetectInput!", "$id: ID!").replace(
        "$input", '{projectId: $id, source: {image: "a.jpg"}}'
    )
    (error,) = (await bench.caller.ask(literal, id=bench.input["projectId"]))["errors"]
    assert "Upload takes a file" in error["message"]


async def test_a_form_is_as_long_as_the_setting_allows(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, api_upload_bytes=100_000) as api:
        bench = await at(api)
        assert (await bench.send({"0": ("a.jpg", jpeg())})).status_code == 200
        refused = await bench.send({"0": ("a.jpg", bytes(100_000))})
        assert refused.status_code == 413
        assert codes(refused.json()) == ["BAD_USER_INPUT"]
        assert "100,000 bytes" in refused.text
