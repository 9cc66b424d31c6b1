"""Who may import whom, as the architecture says, read from the source of every module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED: Mapping[str, frozenset[str]] = {
    "domain": frozenset(),
    "db": frozenset({"domain"}),
    "adapters": frozenset({"domain"}),
    "rendering": frozenset({"domain"}),
    "schema": frozenset({"domain"}),
    "resolvers": frozenset({"schema", "domain"}),
    "web": frozenset({"domain", "adapters.settings"}),
    "workers": frozenset({"domain", "db", "adapters", "rendering"}),
    "cli": frozenset({"adapters.settings", "adapters.logs"}),
    "main": frozenset({"domain", "db", "adapters", "rendering", "schema", "resolvers", "web", "workers", "cli"}),
}

# Commands that are the server, not clients of it.
SERVER_COMMANDS = frozenset(
    f"cli.{name}"
    for name in (
        "up",
        "api",
        "serve",
        "worker",
        "migrate",
        "collect",
        "doctor",
        "model_import",
        "token",
        "supervisor",
        "embedded_redis",
        "gpu.unlock",
        "options",
        "schema",
    )
)

CONFINED: Mapping[str, tuple[str, ...]] = {
    "torch": ("workers.child", "workers.engine"),
    "torchvision": ("workers.child", "workers.engine"),
    "ultralytics": ("workers.child", "workers.engine"),
    "cv2": ("workers.child", "workers.engine", "rendering"),
    "onnxruntime": ("workers.engine",),
    "sqlalchemy": ("db",),
    "alembic": ("db",),
    "strawberry": ("schema", "resolvers"),
    "graphql": ("schema", "resolvers"),
    "arq": ("adapters", "workers"),
    "redis": ("adapters", "workers", "cli.embedded_redis"),
    "aioboto3": ("adapters",),
    "aiohttp": ("adapters",),
    "botocore": ("adapters",),
    "defusedxml": ("workers.importing",),
    "prometheus_client": ("adapters.metrics",),
    "imagehash": ("workers",),
    "opentelemetry": ("adapters.open_telemetry",),
    "pyvips": ("workers",),
    "simplejpeg": ("rendering",),
}
"""Libraries that only these packages and modules may import."""


def sources() -> Iterator[tuple[str, str]]:
    """Every module of the product with its source."""
    yield "main", (ROOT / "main.py").read_text()
    for package in ALLOWED:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path.read_text()


def imports(source: str) -> Iterator[str]:
    """What a source imports anywhere, in functions and for type checkers too, as `package.module.name`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def faults(module: str, source: str) -> list[str]:
    """The imports of a module that the rules forbid."""
    return [name for name in imports(source) if not permitted(module, name)]


def permitted(module: str, name: str) -> bool:
    package, target = module.partition(".")[0], name.partition(".")[0]
    if target in CONFINED:
        return any(within(module, place) for place in CONFINED[target])
    if target not in ALLOWED:
        return package != "domain" or target in sys.stdlib_module_names or target == "numpy"
    return target == package or module in SERVER_COMMANDS or any(within(name, place) for place in ALLOWED[package])


@pytest.mark.parametrize(("module", "source"), [pytest.param(*one, id=one[0]) for one in sources()])
def test_a_module_imports_only_what_its_package_may(module: str, source: str) -> None:
    assert faults(module, source) == []


def test_every_package_of_the_product_has_a_rule() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    assert packages == ALLOWED.keys() - {"main"}


def test_the_server_commands_are_modules_of_cli() -> None:
    modules = {module for module, _ in sources()}
    assert modules >= SERVER_COMMANDS


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("domain.versions", "import sqlalchemy"),
        ("domain.versions", "import httpx"),
        ("domain.versions", "from db.versions import SqlVersions"),
        ("domain.versions", "def late():\n    import orjson"),
        ("db.versions", "from adapters.manifest import read_image_file"),
        ("adapters.manifest", "from db.engine import create_engine"),
        ("rendering.pixels", "from workers.spool import Spool"),
        ("rendering.pixels", "import torch"),
        ("schema.assets", "from resolvers.query import Query"),
        ("schema.assets", "from sqlalchemy import select"),
        ("resolvers.query", "from db.assets import SqlAssets"),
        ("workers.snapshot", "from schema.assets import Asset"),
        ("workers.snapshot", "from ultralytics import YOLO"),
        ("workers.image_facts", "import cv2"),
        ("web.pages", "from adapters.local_store import LocalStore"),
        ("web.pages", "from main import create_app"),
        ("cli.client", "from adapters.local_store import LocalStore"),
        ("cli.demo.command", "from domain.versions import create_version"),
        ("cli.up", "import torch"),
        ("main", "import torch"),
        ("main", "from cv2 import imread"),
    ],
)
def test_the_check_finds_what_is_forbidden(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1
