"""Settings: a wrong one stops the start and names its variable."""

from __future__ import annotations

import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.settings import Settings, SettingsError, load_settings

VARIABLES = {
    "AGRIDRONE_HOST",
    "AGRIDRONE_PORT",
    "AGRIDRONE_DATA_DIR",
    *(name.upper() for name, field in Settings.model_fields.items() if not field.validation_alias),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of this machine, and no .env of this folder."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.sqlalchemy_url == f"sqlite+aiosqlite:///{Path('.agridrone').resolve()}/agridrone.sqlite"
    assert not settings.enable_dataset_versions


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AGRIDRONE_PORT", "80000"),
        ("AGRIDRONE_PORT", "http"),
        ("PUBLIC_URL", "farm.example.org"),
        ("PUBLIC_URL", "http://[::1"),
        ("SIGN_IN_PAGE", "login.example.org"),
        ("SIGN_IN_PAGE", "https://login.example.org/#start"),
        ("SIGN_IN_PAGE", "https://login.example.org; script-src *"),
        ("SIGN_IN_PAGE", "https://name:password@login.example.org"),
        ("JWKS_URL", "login.example.org/keys"),
        ("JWKS_URL", "http://login.example.org/keys"),
        ("JWKS_URL", "http://127.0.0.1.example.org/keys"),
        ("JWKS_URL", "https://name:password@login.example.org/keys"),
        ("JWKS_URL", "https://login.example.org:99999/keys"),
        ("JWKS_URL", "https://login.example.org:0/keys"),
        ("GRAPHIQL", "yes"),
        ("DATABASE_URL", "postgresql://localhost/x"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("REDIS_URL", "localhost:6379"),
        ("S3_BUCKET", "Farm_Objects"),
        ("S3_REGION", "eu central 1"),
        ("S3_REGION", ""),
        ("S3_ENDPOINT_URL", "minio:9000"),
        ("S3_ENDPOINT_URL", "http://minio:9000/farm"),
        ("S3_ENDPOINT_URL", "http://name:password@minio:9000"),
        ("S3_PUBLIC_URL", "objects.example.org"),
        ("JWT_SECRET", "short"),
        ("ROBOFLOW_API_KEY", "rf_two words"),
        ("ROBOFLOW_API_KEY", "rf_schlüssel"),
        ("ROBOFLOW_URL", "https://key@serverless.roboflow.com"),
        ("ROBOFLOW_URL", "https://serverless.roboflow.com/?api_key=rf"),
        ("ENABLE_DATASET_VERSIONS", "perhaps"),
        ("DEVICE", "tpu"),
        ("DEVICE", "0,"),
        ("DEVICE", "0,cpu"),
        ("DEVICE", "0,1,00"),
        ("GPU_SHARING", "shared"),
        ("THREADS", "0"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{variable}: ")
    assert variable != "JWT_SECRET" or value not in str(refused.value)


S3 = {
    "S3_BUCKET": "farm-objects",
    "S3_ENDPOINT_URL": "http://minio:9000",
    "S3_PUBLIC_URL": "https://objects.example.org/",
    "S3_ACCESS_KEY_ID": "an-id-to-hide",
    "S3_SECRET_ACCESS_KEY": "a-key-to-hide",
}


@pytest.mark.parametrize(
    ("unset", "named"),
    [
        ({"S3_BUCKET"}, "S3_BUCKET"),
        ({"S3_BUCKET", "S3_ENDPOINT_URL", "S3_PUBLIC_URL"}, "S3_BUCKET"),
        ({"S3_ENDPOINT_URL"}, "S3_ENDPOINT_URL"),
        ({"S3_ACCESS_KEY_ID"}, "S3_ACCESS_KEY_ID"),
        ({"S3_SECRET_ACCESS_KEY"}, "S3_SECRET_ACCESS_KEY"),
    ],
)
def test_half_an_object_store_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, unset: set[str], named: str
) -> None:
    for variable, value in S3.items():
        monkeypatch.setenv(variable, "" if variable in unset else value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{named} must be set ")


def test_an_object_store_may_leave_the_keys_to_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_BUCKET", "farm-objects")
    settings = load_settings()
    assert (settings.s3_bucket, settings.s3_region) == ("farm-objects", "us-east-1")
    assert not settings.s3_access_key_id


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        **S3,
        "JWT_SECRET": "a-secret-to-hide-of-thirty-two-signs",
        "DATABASE_URL": "mysql+aiomysql://user:pass-to-hide@host/name",
        "REDIS_URL": "redis://:pass-to-hide@host",
    }
    for variable, value in secrets.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert "hide" not in f"{settings!r} {settings}"
    assert settings.s3_secret_access_key.get_secret_value() == "a-key-to-hide"
    monkeypatch.setenv("JWT_SECRET", "hide")
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://name:hide@minio:9000")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "hide" not in "".join(traceback.format_exception(refused.value))


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(SettingsError, match=r"(?s)(THREADS.*LOG_LEVEL|LOG_LEVEL.*THREADS)"):
        load_settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "farm.example.org"])
def test_beyond_loopback_a_secret_must_be_set(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(SettingsError, match="JWT_SECRET or JWKS_URL"):
        load_settings(host=host)
    monkeypatch.setenv("JWT_SECRET", "s" * 32)
    assert load_settings(host=host).signing_secret() == b"s" * 32


KEYS = {"jwks_url": "https://login.example.org/keys", "jwt_issuer": "https://login.example.org", "jwt_audience": "farm"}


@pytest.mark.parametrize(
    "address", ["https://login.example.org/keys?v=1", "http://127.0.0.1:9000/", "http://localhost/"]
)
def test_keys_to_sign_in_by_do_without_a_secret(address: str, tmp_path: Path) -> None:
    settings = load_settings(**{**KEYS, "jwks_url": address}, host="0.0.0.0", data_dir=tmp_path / "data")
    assert not settings.signs_in_by_secret
    assert len(settings.signing_secret()) >= 32
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_settings(**KEYS, jwt_secret="s" * 32).signs_in_by_secret


@pytest.mark.parametrize(
    ("set_", "named"),
    [
        ({"jwks_url", "jwt_issuer"}, "JWT_AUDIENCE"),
        ({"jwks_url", "jwt_audience"}, "JWT_ISSUER"),
        ({"jwks_url"}, "JWT_ISSUER"),
        ({"jwt_issuer", "jwt_audience"}, "JWKS_URL"),
        ({"jwt_audience"}, "JWKS_URL"),
    ],
)
def test_keys_to_sign_in_by_come_with_what_their_tokens_must_say(set_: set[str], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(**{name: value for name, value in KEYS.items() if name in set_}, jwt_secret="s" * 32)
    assert str(refused.value).startswith(f"{named} must be set ")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_loopback_the_folder_s_own_secret_serves(host: str, tmp_path: Path) -> None:
    settings = load_settings(host=host, data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: settings.signing_secret(), range(16)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    (file,) = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"public_url": "http://localhost:9000"}, True),
        ({"public_url": "https://[::1]:9000/"}, True),
        ({"public_url": "https://farm.example.org"}, False),
        ({"public_url": "https://localhost.example.org"}, False),
        ({"public_url": "https://127.0.0.1@farm.example.org"}, False),
        ({"jwt_secret": "s" * 32}, False),
        ({"jwt_secret": "s" * 32, "host": "0.0.0.0"}, False),
        (KEYS, False),
    ],
)
def test_an_e_mail_address_signs_in_on_this_machine_only(given: dict[str, str], offered: bool) -> None:
    assert load_settings(**given).development_sign_in is offered


@pytest.mark.parametrize(
    ("graphiql", "host", "served"),
    [
        ("auto", "127.0.0.1", True),
        ("auto", "0.0.0.0", False),
        ("on", "0.0.0.0", True),
        ("off", "127.0.0.1", False),
    ],
)
def test_graphiql_is_served_on_loopback_unless_set(graphiql: str, host: str, served: bool) -> None:
    assert load_settings(graphiql=graphiql, host=host, jwt_secret="s" * 32).serves_graphiql is served


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("AGRIDRONE_PORT=7001\nLOG_LEVEL=debug\nUNKNOWN=1\n")
    assert (load_settings().port, load_settings().log_level) == (7001, "debug")
    monkeypatch.setenv("AGRIDRONE_PORT", "7002")
    assert load_settings().port == 7002
    assert (load_settings(port=7003).port, load_settings(port=None).port) == (7003, 7002)
