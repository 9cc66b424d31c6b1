"""The systemd units: systemd itself understands them, and what they start and set is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.settings import load_settings
from shipped import OPS, SETTINGS, TO_END_SECONDS, example, filled_in, is_command

UNITS = sorted((OPS / "systemd").glob("*.service"))
LASTING = [unit for unit in UNITS if unit.stem != "agridrone-migrate"]
EXAMPLES = OPS / "systemd"
_PLACE = "/opt/agridrone/bin/"


def _values(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    if not (verifier := shutil.which("systemd-analyze")):
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is not installed")
        pytest.skip("systemd-analyze is not installed")
    # What is not installed here stands in for itself.
    stand_in = tmp_path / "agridrone"
    stand_in.write_text("#!/bin/sh\n")
    stand_in.chmod(0o755)
    text = (
        unit.read_text().replace(f"{_PLACE}agridrone", str(stand_in)).replace("/usr/bin/nvidia-modprobe", "/bin/true")
    )
    copy = tmp_path / unit.name
    copy.write_text(text)
    done = subprocess.run([verifier, "verify", copy], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", LASTING, ids=lambda unit: unit.name)
def test_a_part_has_time_to_end_its_children_and_is_started_again(unit: Path) -> None:
    assert _values(unit, "KillMode") == ["mixed"]
    (seconds,) = _values(unit, "TimeoutStopSec")
    assert int(seconds) >= TO_END_SECONDS
    assert _values(unit, "Restart") == ["always"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_starts_a_command_of_ours_with_an_environment_that_has_an_example(unit: Path) -> None:
    (started,) = _values(unit, "ExecStart")
    assert started.startswith(_PLACE)
    assert is_command(started.removeprefix(_PLACE).split())
    for path in _values(unit, "EnvironmentFile"):
        assert (EXAMPLES / f"{Path(path).name}.example").is_file()


def test_the_examples_filled_in_are_valid_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = example(EXAMPLES / "agridrone.env.example") | example(EXAMPLES / "gpu.env.example")
    assert set(values) <= SETTINGS
    for name, value in filled_in(values).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert load_settings().gpu_http_port > 0
