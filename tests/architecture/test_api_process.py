"""The API process stays light: torch, OpenCV and numpy are never loaded into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "torchvision", "ultralytics", "cv2", "numpy")

SERVE = """
import asyncio, json, sys
from pathlib import Path

import httpx

import cli.api, cli.app, cli.serve, main
from adapters.settings import load_settings
from cli.embedded_redis import embedded_redis
from db.migrate import upgrade

async def ask():
    folder = Path(sys.argv[1])
    async with embedded_redis(folder) as redis:
        settings = load_settings(data_dir=folder, redis_url=redis)
        await upgrade(settings.sqlalchemy_url)
        async with main.open_app(settings) as app:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                answer = await client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})
    return answer.json()

answer = asyncio.run(ask())
print(json.dumps({"answer": answer, "modules": sorted(sys.modules)}))
"""


def _loaded(script: str, *arguments: str) -> dict[str, object]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return report


def test_the_serving_process_loads_no_torch_opencv_or_numpy(tmp_path: Path) -> None:
    report = _loaded(SERVE, str(tmp_path))
    assert report["answer"] == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    modules = report["modules"]
    assert isinstance(modules, list)
    assert "uvicorn" in modules, "cli.serve was not loaded"
    assert [name for name in HEAVY if name in modules] == []
    assert "opentelemetry" not in modules, "and no collector is set"
