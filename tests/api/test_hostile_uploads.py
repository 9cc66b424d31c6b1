"""Hostile images and names through the whole upload: each refusal names the file and the reason, nothing of it is kept,
and what is sound comes in beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from domain.keys import original_key, thumbnail_key
from domain.models.people import TeamRole
from hostile_images import hostile_images
from pictures import Picture, jpeg
from seeds import Home, join, make_home
from stack import Caller, Stack
from uploading import REQUEST, announced, bring

NAMES = {
    "parent": ["../a.jpg", "b/../../a.jpg", ".."],
    "absolute": ["/etc/a.jpg", "//host/a.jpg", "C:/a.jpg"],
    "backslash": ["a\\b.jpg", "..\\a.jpg", "C:\\a.jpg"],
    "control": ["a\x00.jpg", "a\nb.jpg", "a\x1b[2J.jpg"],
    "long": ["a" * 256, "ä" * 300 + ".jpg", "/".join(["folder"] * 60) + ".jpg"],
    "direction": ["a\u202egpj.exe", "\u2066a.jpg", "a\u200f.jpg"],
    "dash": ["-rf.jpg", "--help", "folder/-o.jpg"],
    "empty": ["", "   ", "folder//a.jpg", "./a.jpg", "folder/"],
    "surrogate": ["a\ud800.jpg", "\udfff.jpg", "b\udc80"],
}


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
async def member(api: Stack, home: Home) -> Caller:
    return api.caller(await join(api.database, home.team, TeamRole.MEMBER))


def stored(api: Stack) -> set[str]:
    """The keys of everything in the object store, half-written things too."""
    root: Path = api.services.settings.objects_dir
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


async def test_hostile_images_are_refused_by_name_or_taken_whole(api: Stack, home: Home, member: Caller) -> None:
    files = [one for one in hostile_images() if one.refused is not None]
    assert len({one.row for one in files}) >= 12
    wanted = set()
    async with api.io_worker():
        for start in range(0, len(files), 20):
            sound = Picture(f"sound {start}.jpg", jpeg(start, 100, 80))
            pictures = [Picture(f"{start + n} {one.filename}", one.make()) for n, one in enumerate(files[start:][:20])]
            results = await bring(member, home.project.id, [*(one for one in pictures if one.content), sound])
            assert results.pop(sound.filename)["error"] is None, "the worker goes on"
            for name, result in results.items():
                assert result["asset"] is None, name
                assert result["error"]["code"] == "UNSUPPORTED", (name, result)
                assert result["error"]["message"].startswith(f"{name}: "), result
            digest = hashlib.sha256(sound.content).hexdigest()
            wanted.add(original_key(home.team.id, digest))
            wanted |= {thumbnail_key(home.team.id, digest, size) for size in (64, 160, 320, 640)}
    assert stored(api) == wanted, "of what was refused nothing is kept"


@pytest.mark.parametrize("kind", NAMES)
async def test_hostile_names_are_refused_and_nothing_is_announced(
    api: Stack, home: Home, member: Caller, kind: str
) -> None:
    good = announced(Picture("good.jpg", jpeg()))
    for name in NAMES[kind]:
        files = [good, announced(Picture("b.jpg", jpeg(1)), filename=name)]
        # As JSON escapes: a lone surrogate has no UTF-8.
        body = json.dumps({"query": REQUEST, "variables": {"input": {"projectId": home.project.id, "files": files}}})
        headers = {**member.headers, "Content-Type": "application/json"}
        response = await member.http.post("/graphql", content=body, headers=headers)
        if kind == "surrogate":
            assert response.status_code == 400, "no text at all, wherever it stands"
            continue
        (error,) = response.json()["data"]["requestUploads"]["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["input", "files", "1", "filename"]), ascii(name)
        assert "name" in error["message"]
    batches = await member.data(
        "query($id: ID!) { project(id: $id) { uploadBatches { totalCount } } }", id=home.project.id
    )
    assert batches == {"uploadBatches": {"totalCount": 0}}


async def test_twins_in_form_and_case_are_two_images(api: Stack, home: Home, member: Caller) -> None:
    twins = ["caf\u00e9.jpg", "cafe\u0301.jpg", "CAFÉ.JPG"]
    asked = await member.done(
        REQUEST,
        input={
            "projectId": home.project.id,
            "files": [announced(Picture(name, jpeg(number))) for number, name in enumerate(twins)],
        },
    )
    assert len({target["uploadId"] for target in asked["uploads"]}) == 3


async def test_the_same_bytes_under_two_names_are_one_image(api: Stack, home: Home, member: Caller) -> None:
    async with api.io_worker():
        first = await bring(member, home.project.id, [Picture("one.jpg", jpeg())])
    asked = await member.done(
        REQUEST, input={"projectId": home.project.id, "files": [announced(Picture("two.jpg", jpeg()))]}
    )
    (target,) = asked["uploads"]
    assert target["existingAsset"]["id"] == first["one.jpg"]["asset"]["id"]
    assert (target["uploadId"], target["url"]) == (None, None)
