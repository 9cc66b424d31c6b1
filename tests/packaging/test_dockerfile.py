"""The Dockerfile: its images start what is there, and its health checks tell the living from the dead. It is linted by
`make lint`; that its steps work is tests/packaging/test_image.py's."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from live.server import wait_for
from shipped import DOCKERFILE, ROOT, SETTINGS, STAGES, is_command
from workers.pulse import keep_pulse

TARGETS = ("api", "worker", "worker-cuda")
_SECONDS = 20
_LONG_AGO = 3600


def _healthy(data_dir: Path) -> bool:
    """What the workers' image says of a worker with that data folder."""
    (written,) = re.findall(r"CMD (\[.*\])", STAGES["worker-machine"])
    environment = {**os.environ, "AGRIDRONE_DATA_DIR": str(data_dir)}
    return subprocess.run(json.loads(written), env=environment, stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_starts_a_command_of_ours_that_hears_sigterm(target: str) -> None:
    (written,) = re.findall(r"^CMD (\[.*\])$", STAGES[target], re.MULTILINE)  # the exec form: no shell in between
    assert is_command(json.loads(written))
    assert f"build.sh check {target} /opt/agridrone" in STAGES[target]


def test_the_images_run_as_nobody_in_particular_and_no_secret_is_built_in() -> None:
    (user,) = re.findall(r"^USER (\S+)$", STAGES["machine"], re.MULTILINE)
    assert user == "1000:1000"  # by number: Kubernetes cannot tell whether a name is root
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|CREDENTIAL)", DOCKERFILE.replace("JWT_SECRET or JWKS_URL", ""))
    named = re.findall(r"(?:^ENV|\s)(AGRIDRONE_\w+)=", DOCKERFILE, re.MULTILINE)
    assert set(named) <= SETTINGS


def test_the_images_say_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'image.version="{version}"' in STAGES["machine"]


async def test_a_worker_is_healthy_while_its_event_loop_turns(tmp_path: Path) -> None:
    folder = tmp_path / "work" / f"io-{socket.gethostname()}-1"
    assert not _healthy(tmp_path), "no worker was ever there"
    folder.mkdir(parents=True)
    os.utime(folder, (time.time() - _LONG_AGO,) * 2)
    assert not _healthy(tmp_path), "the worker has said nothing for an hour"
    pulse = asyncio.create_task(keep_pulse(folder))
    try:
        await asyncio.to_thread(wait_for, lambda: _healthy(tmp_path), _SECONDS, "the health check to see the worker")
    finally:
        pulse.cancel()
