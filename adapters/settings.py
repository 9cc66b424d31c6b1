"""Settings from the environment and .env. README has the table;
a wrong value stops the start with the variable's name."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIN_SECRET_LENGTH = 32
DEVELOPMENT_TOKEN_DAYS = 30

_SERVER = r"^(https?://[^\s/?#@]+/?)?$"
"""An address without a path, and without a name and password in it."""

_PAGE = r"^(https?://[A-Za-z0-9.-]+(:\d+)?(/[!$-~]*)?)?$"
"""An address of a page, without a #: what stands after it is ours to say."""

_ORIGINS = r"^(https?://[A-Za-z0-9.-]+(:\d+)?( *, *https?://[A-Za-z0-9.-]+(:\d+)?)*)?$"
"""Origins of pages, with commas between them."""


class SettingsError(Exception):
    """A setting has a wrong value; the message names the variable and what it takes."""


class Settings(BaseSettings):
    """Every field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", validation_alias="AGRIDRONE_HOST")
    port: int = Field(8000, ge=0, le=65535, validation_alias="AGRIDRONE_PORT")
    data_dir: Path = Field(Path(".agridrone"), validation_alias="AGRIDRONE_DATA_DIR")
    public_url: str = Field("", pattern=r"^(https?://\S+)?$")
    database_url: str = Field("", pattern=r"^((sqlite\+aiosqlite|mysql\+aiomysql)://\S+)?$", repr=False)
    redis_url: str = Field("", pattern=r"^((redis|rediss|unix)://\S+)?$", repr=False)
    s3_bucket: str = Field("", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    s3_region: str = Field("us-east-1", pattern=r"^[a-z0-9-]+$")
    s3_endpoint_url: str = Field("", pattern=_SERVER)
    s3_public_url: str = Field("", pattern=_SERVER)
    s3_access_key_id: SecretStr = SecretStr("")
    s3_secret_access_key: SecretStr = SecretStr("")
    jwt_secret: SecretStr = SecretStr("")
    jwks_url: str = Field("", pattern=_PAGE)
    jwt_issuer: str = ""
    jwt_audience: str = ""
    sign_in_page: str = Field("", pattern=_PAGE)
    graphiql: str = Field("auto", pattern=r"^(auto|on|off)$")
    allowed_origins: str = Field("", pattern=_ORIGINS)
    api_body_bytes: int = Field(1_000_000, ge=1_000)
    api_upload_bytes: int = Field(25_000_000, ge=1_000)
    api_tokens: int = Field(2_000, ge=100)
    api_depth: int = Field(32, ge=5)
    api_aliases: int = Field(50, ge=1)
    api_directives: int = Field(50, ge=1)
    api_fields: int = Field(1_000, ge=10)
    api_cost: int = Field(100_000, ge=200)
    api_subscriptions: int = Field(20, ge=1)
    api_operations_per_minute: int = Field(3_000, ge=1)
    api_send_seconds: float = Field(20, gt=0, allow_inf_nan=False)
    webhook_private_targets: bool = False
    enable_dataset_versions: bool = False
    pretrained_weights: str = ""
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|\d+(,\d+)*)$")
    gpu_sharing: str = Field("auto", pattern=r"^(auto|exclusive)$")
    sam3_url: str = Field("", pattern=_SERVER)
    sam3_memory_gb: float = Field(14, gt=0, allow_inf_nan=False)
    gpu_http_host: str = "127.0.0.1"
    gpu_http_port: int = Field(0, ge=0, le=65535)
    gpu_http_secret: SecretStr = SecretStr("")
    roboflow_url: str = Field("https://serverless.roboflow.com", pattern=_SERVER)
    roboflow_api_key: SecretStr = SecretStr("")
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535)
    metrics_token: SecretStr = SecretStr("")
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=1024)
    picture_cache_gb: float = Field(20, ge=0, allow_inf_nan=False)
    shutdown_seconds: int = Field(20, ge=1, le=3600)
    otel_exporter_otlp_endpoint: str = Field("", pattern=_PAGE)
    log_level: str = Field("info", pattern=r"^(debug|info|warning|error)$")

    @field_validator("jwt_secret", "gpu_http_secret", "metrics_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value and len(value) < MIN_SECRET_LENGTH:
            raise ValueError(f"needs at least {MIN_SECRET_LENGTH} characters")
        return value

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not urlsplit(value).hostname:  # which raises ValueError by itself for half an IPv6 address
            raise ValueError("names no host")
        return value

    @field_validator("jwks_url")
    @classmethod
    def _not_to_be_forged_on_the_way(cls, value: str) -> str:
        address = urlsplit(value)
        if value and (not address.hostname or address.port == 0):  # reading the port raises ValueError by itself
            raise ValueError("names no server")
        if address.scheme == "http" and not is_loopback(address.hostname or ""):
            raise ValueError("must begin with https:// beyond loopback: who changes the keys on their way signs in")
        return value

    @field_validator("roboflow_api_key", "metrics_token")
    @classmethod
    def _fit_for_a_header(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
            raise ValueError("has blanks or characters in it that no key has")
        return value

    @field_validator("device")
    @classmethod
    def _each_gpu_once(cls, value: str) -> str:
        indices = [int(index) for index in value.split(",") if index.isdecimal()]
        if len(set(indices)) < len(indices):
            raise ValueError("names a GPU twice")
        return value

    @field_validator("pretrained_weights")
    @classmethod
    def _operators_own(cls, value: str) -> str:
        place, colon, prefix = value.partition(":")
        parts = prefix.removesuffix("/").split("/")
        if place == "store" and colon and (parts[0] == "teams" or any(part in ("", ".", "..") for part in parts)):
            raise ValueError(
                "names a folder, or as store:PREFIX a prefix of object keys that does not begin with teams/"
            )
        return value

    @model_validator(mode="after")
    def _secret_beyond_loopback(self) -> Settings:
        if not self.on_loopback and not self.jwt_secret and not self.jwks_url:
            raise ValueError(
                f"JWT_SECRET or JWKS_URL must be set when the server listens on {self.host}: the development sign-in "
                "works on loopback only"
            )
        return self

    @model_validator(mode="after")
    def _key_set_whole(self) -> Settings:
        for name in ("jwt_issuer", "jwt_audience"):
            if self.jwks_url and not getattr(self, name):
                text = "its keys sign tokens for other applications too"
                raise ValueError(f"{name.upper()} must be set when JWKS_URL is: {text}")
            if getattr(self, name) and not self.jwks_url:
                text = "only tokens that its keys sign are held against it"
                raise ValueError(f"JWKS_URL must be set when {name.upper()} is: {text}")
        return self

    @model_validator(mode="after")
    def _face_of_the_gpu_host_is_locked(self) -> Settings:
        if self.gpu_http_port and not self.gpu_http_secret:
            raise ValueError("GPU_HTTP_SECRET must be set when GPU_HTTP_PORT is: who has it may use the GPU")
        return self

    @model_validator(mode="after")
    def _metrics_are_locked_beyond_loopback(self) -> Settings:
        if self.metrics_port and not is_loopback(self.metrics_host) and not self.metrics_token:
            raise ValueError(
                f"METRICS_TOKEN must be set when workers tell their metrics on {self.metrics_host}: without it they do "
                "on loopback only"
            )
        return self

    @model_validator(mode="after")
    def _object_store_whole(self) -> Settings:
        for name in ("s3_endpoint_url", "s3_public_url", "s3_access_key_id", "s3_secret_access_key"):
            if getattr(self, name) and not self.s3_bucket:
                raise ValueError(f"S3_BUCKET must be set when {name.upper()} is: it names the bucket for the objects")
        if self.s3_public_url and not self.s3_endpoint_url:
            raise ValueError("S3_ENDPOINT_URL must be set when S3_PUBLIC_URL is: both lead to the same server")
        if self.s3_access_key_id and not self.s3_secret_access_key:
            raise ValueError("S3_SECRET_ACCESS_KEY must be set when S3_ACCESS_KEY_ID is")
        if self.s3_secret_access_key and not self.s3_access_key_id:
            raise ValueError("S3_ACCESS_KEY_ID must be set when S3_SECRET_ACCESS_KEY is")
        return self

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def development_sign_in(self) -> bool:
        """Whether an e-mail address is enough to sign in: on this machine, with the data folder's own secret."""
        return self._on_this_machine_alone and not self.jwt_secret and not self.jwks_url

    @property
    def serves_metrics(self) -> bool:
        """Whether the API tells its metrics: to those who know the token, and without one on this machine alone."""
        return bool(self.metrics_token) or self._on_this_machine_alone

    @property
    def _on_this_machine_alone(self) -> bool:
        """Also what listens on loopback may be reached from elsewhere, by a proxy: then its address says so."""
        return self.on_loopback and (not self.public_url or is_loopback(urlsplit(self.public_url).hostname or ""))

    @property
    def signs_in_by_secret(self) -> bool:
        """Whether tokens that `signing_secret` signed are taken: with keys to sign in by, only where JWT_SECRET says
        so."""
        return bool(self.jwt_secret) or not self.jwks_url

    @property
    def origins(self) -> tuple[str, ...]:
        """Of other servers' pages that may ask this API."""
        return tuple(one.strip() for one in self.allowed_origins.split(",") if one.strip())

    @property
    def serves_graphiql(self) -> bool:
        return self.graphiql == "on" or (self.graphiql == "auto" and self.on_loopback)

    @property
    def base_url(self) -> str:
        """What clients reach the API by, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'agridrone.sqlite'}"

    @property
    def objects_dir(self) -> Path:
        return self.data_dir / "objects"

    @property
    def work_dir(self) -> Path:
        """Disposable files of the workers: spools, rendered trees, downloaded weights."""
        return self.data_dir / "work"

    @property
    def pictures_dir(self) -> Path:
        """Rendered pictures, kept for the next version; may be deleted at any time."""
        return self.data_dir / "cache" / "pictures"

    def signing_secret(self) -> bytes:
        """What signs our tokens and the addresses of objects in the data folder: JWT_SECRET, or a secret of the data
        folder's own, made at the first use. Where `signs_in_by_secret` is false it signs addresses alone."""
        if self.jwt_secret:
            return self.jwt_secret.get_secret_value().encode()
        path = self.data_dir / "secret"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        fresh = self.data_dir / f".secret-{secrets.token_hex(8)}"
        if not path.exists():
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            try:
                os.link(fresh, path)  # fails when another process was first; its secret stands
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_bytes()


def is_loopback(host: str) -> bool:
    """Whether the name or IP address is this machine's own, that nobody else can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**chosen: Any) -> Settings:
    """The settings; what is given here (and not None) wins over the environment. Raises SettingsError."""
    by_alias = {_variable(name): value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**by_alias)
    except ValidationError as error:
        lines = [_explain(dict(one)) for one in error.errors()]
        raise SettingsError("; ".join(lines)) from error


def _variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else name


def _explain(error: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"]).upper()
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {text}" if where else text
