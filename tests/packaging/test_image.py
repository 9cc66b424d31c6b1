"""The images' steps without Docker: what it would be given is copied to a clean folder, built, installed and started.
`make image-check` also builds the pages anew, and installs the workers' gigabytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shipped import ROOT, SETTINGS

_CHOSEN = os.environ.get("IMAGE_TARGETS")
TARGETS = (_CHOSEN or "api").split()
_STEP_SECONDS = 1500


def _copied_context(folder: Path) -> None:
    """What .dockerignore lets through: it forbids everything, then names what may come, then what in it may not."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    wanted = [line.removeprefix("!") for line in lines if line.startswith("!")]
    left_out = shutil.ignore_patterns(*(line.rpartition("/")[2] for line in lines[1 + len(wanted) :]))
    for name in wanted:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, folder / name)


def _step(context: Path, *arguments: str | Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS | {"PYTHONPATH"}}
    # Node and npm are a Python package here.
    environment |= {"PYTHON": sys.executable, "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}
    environment |= {"PIP_NO_COMPILE": "1"}  # half of the work, for files of which most are never read here
    command = [context / "ops/image/build.sh", *arguments]
    done = subprocess.run(
        command,
        cwd=context.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_STEP_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"build.sh {' '.join(map(str, arguments))}:\n{done.stdout}"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean folder, with the pages."""
    folder = tmp_path_factory.mktemp("image") / "context"
    folder.mkdir()
    _copied_context(folder)
    if _CHOSEN:
        _step(folder, "pages")
    else:
        shutil.copytree(ROOT / "web/dist", folder / "web/dist")  # as `make web` built them from the same sources
    return folder


@pytest.fixture(scope="module")
def wheel(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _step(context, "wheel", folder)
    (built,) = folder.iterdir()
    return built


@pytest.mark.timeout(2 * _STEP_SECONDS)
@pytest.mark.parametrize("target", TARGETS)
def test_what_an_image_installs_runs(target: str, context: Path, wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "agridrone"
    _step(context, "install", target, environment, wheel)
    try:
        _step(context, "check", target, environment)
    finally:
        shutil.rmtree(environment)  # gigabytes, for the workers


def test_an_environment_that_is_not_what_its_target_promises_is_told(context: Path) -> None:
    """The check can fail: the environment of these tests has torch in it."""
    with pytest.raises(AssertionError, match=r"The api image: torch is installed\."):
        _step(context, "check", "api", Path(sys.prefix))
