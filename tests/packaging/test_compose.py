"""The compose files hold together with the images, the settings and the example of their environment. The schema is
checked by `make lint`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import load_settings
from shipped import OPS, SETTINGS, STAGES, TO_END_SECONDS, compose, example, filled_in, is_command

FILES = ("compose.yaml", "compose.sam3.yaml")
# Compose's own.
_OF_COMPOSE = {"COMPOSE_PROFILES"}
_VARIABLE = re.compile(r"\$\{(\w+)(:-([^}]*)|:\?[^}]*)?\}")


def _services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def _ours() -> dict[str, dict[str, Any]]:
    """The services that run an image of ours."""
    return {name: service for name, service in _services().items() if "build" in service}


def _interpolated(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1]) or found[3] or "", text)


def test_every_part_runs_as_an_image_and_a_command_of_ours() -> None:
    ours = _ours()
    assert set(ours) == {"migrate", "api", "io-worker", "gpu-worker", "gpu-worker-cuda"}
    for name, service in ours.items():
        assert service["build"]["target"] in STAGES, name
        assert service["image"] == f"agridrone-{service['build']['target']}", name
        if command := service.get("command"):
            assert is_command(command), name
        assert int(service["stop_grace_period"].removesuffix("s")) >= TO_END_SECONDS, name


@pytest.mark.parametrize("name", _ours())
def test_every_variable_of_a_part_is_a_setting_and_the_filled_in_example_is_valid(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written = _ours()[name]["environment"]
    assert set(written) <= SETTINGS
    values = filled_in(example(OPS / "compose.env.example"))
    for variable in SETTINGS:
        monkeypatch.delenv(variable, raising=False)
    for variable, text in written.items():
        monkeypatch.setenv(variable, _interpolated(text, values))
    monkeypatch.chdir(tmp_path)
    # As the image has it.
    settings = load_settings(host="0.0.0.0")
    assert values["MYSQL_PASSWORD"] in settings.database_url
    assert settings.s3_bucket == _services()["objects"]["environment"]["S3_BUCKET"]


def test_the_addition_for_sam3_is_valid_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ((name, service),) = compose("compose.sam3.yaml")["services"].items()
    assert name in _ours()
    values = filled_in(example(OPS / "compose.env.example"))
    environment = _ours()[name]["environment"] | service["environment"]
    assert set(environment) <= SETTINGS
    for variable, text in environment.items():
        monkeypatch.setenv(variable, _interpolated(text, values))
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert service["ports"] == [f"127.0.0.1:{settings.gpu_http_port}:{settings.gpu_http_port}"]


def test_the_example_has_the_variables_that_the_compose_files_ask_for_and_no_others() -> None:
    asked = {found[1] for name in FILES for found in _VARIABLE.finditer((OPS / name).read_text())}
    assert example(OPS / "compose.env.example").keys() == asked | _OF_COMPOSE


def test_only_the_api_and_the_object_store_are_published_at_the_ports_that_they_listen_on() -> None:
    published = {name: service["ports"] for name, service in _services().items() if "ports" in service}
    store = _ours()["api"]["environment"]["S3_ENDPOINT_URL"].rpartition(":")[2]
    (port,) = re.findall(r"^EXPOSE (\d+)$", STAGES["api"], re.MULTILINE)
    assert f"AGRIDRONE_PORT={port}" in STAGES["api"]
    assert published == {
        "api": [f"${{BIND_ADDRESS:-127.0.0.1}}:{port}:{port}"],
        "objects": [f"${{BIND_ADDRESS:-127.0.0.1}}:{store}:{store}"],
    }


def test_the_parts_start_when_the_servers_are_well_and_the_database_is_migrated() -> None:
    services = _services()
    for name, service in _ours().items():
        waits = {other: how["condition"] for other, how in service["depends_on"].items()}
        for other, condition in waits.items():
            if condition == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}, which says nothing of itself"
        expected = {"mysql": "service_healthy"}
        if name != "migrate":
            expected |= {"redis": "service_healthy", "objects": "service_healthy"}
            expected["migrate"] = "service_completed_successfully"
        assert waits == expected


def test_every_image_from_elsewhere_is_pinned_and_every_volume_is_named() -> None:
    read = compose()
    for name, service in read["services"].items():
        if "build" not in service:
            assert re.search(r":\d[\w.-]*$", service["image"]), name
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in read["volumes"], name
