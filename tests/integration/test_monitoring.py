"""The dashboard, the alert rules and their page, held against what the processes tell."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import promql_parser as promql
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import Counter, Gauge, Histogram

from adapters.metrics.registry import REGISTRY
from adapters.settings import SettingsError, load_settings
from live.part import running_part
from scrapes import Scrape, scrape
from secret_watch import keep_out_of_logs
from stack import PATIENCE, Stack
from workers.metrics_face import metrics_face

T = TypeVar("T", bound=promql.Expr)
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "metrics.md"
PROMETHEUS = ROOT / "ops" / "prometheus"
TOKEN = keep_out_of_logs("the-token-of-a-Prometheus-of-a-worker", "METRICS_TOKEN")
OF_PROMETHEUS = {"up", "job", "instance", "le"}
"""What it adds by itself."""
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text("utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "ops" / "grafana" / "agridrone.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
TARGETS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel.get("targets", ())]
EXPRESSIONS = [*TARGETS, *((alert["alert"], alert["expr"]) for alert in ALERTS)]


def within(expression: str, kind: type[T]) -> list[T]:
    """The nodes of that kind in an expression."""
    found: list[T] = []
    tree = promql.parse(expression.replace("$__rate_interval", "5m"))
    promql.walk(tree, lambda node: found.append(node) if isinstance(node, kind) else None)
    return found


def metrics_in(expression: str) -> set[str]:
    return {one.name for one in within(expression, promql.VectorSelector) if one.name is not None}


@dataclass(frozen=True, slots=True)
class Row:
    """A metric as the page has it."""

    name: str
    labels: frozenset[str]


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`((?:agridrone|process)_\w+)`", cells[0] if len(cells) == 3 else ""):
            found.append(Row(name, frozenset(re.findall(r"`(\w+)`", cells[1]))))
    return found


def families(names: set[str]) -> set[str]:
    """Names as the page has them: a histogram is one."""
    histograms = {name.removesuffix("_bucket") for name in names if name.endswith("_bucket")}
    parts = {f"{one}{ending}" for one in histograms for ending in ("_bucket", "_sum", "_count")}
    return (names - parts) | histograms


@pytest.fixture
async def worker(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Scrape]:
    """What a real io worker tells, as soon as it does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": embedded_redis_url,
        "METRICS_PORT": str(port),
        "METRICS_TOKEN": TOKEN,
    }
    async with running_part(tmp_path / "io", "worker", "io", **environment) as part, httpx.AsyncClient() as http:
        address = f"http://127.0.0.1:{port}/metrics"
        async with asyncio.timeout(PATIENCE):
            while True:
                assert part.running
                with suppress(httpx.TransportError):
                    assert (await http.get(address)).status_code == 401
                    break
                await asyncio.sleep(0.1)
            seen = await scrape(http, address, TOKEN)
            while not seen.series("agridrone_job_attempts_total", kind="SNAPSHOT"):
                seen = await scrape(http, address, TOKEN)
        yield seen


async def test_what_is_asked_is_told_and_what_is_told_stands_in_the_page(api: Stack, worker: Scrape) -> None:
    of_api = await scrape(api.http)
    told = of_api.names | worker.names
    assert worker.series("agridrone_queue_waiting") == {}, "the fleet is the API's to tell of"
    assert set(worker.series("agridrone_job_attempts_total", kind="SNAPSHOT").values()) == {0}
    asked = {name for _, expression in EXPRESSIONS for name in metrics_in(expression)}
    assert asked - told - OF_PROMETHEUS == set()
    assert {row.name for row in rows()} == families(told)


def test_the_page_names_the_labels_of_each_metric() -> None:
    ours = {row.name: row.labels for row in rows() if row.name.startswith("agridrone_")}
    assert ours.pop("agridrone_build_info") == {"version", "python"}
    made = {}
    for metric in REGISTRY._collector_to_names:
        if isinstance(metric, Counter | Gauge | Histogram):
            (family,) = metric.describe()
            made[family.name + ("_total" if family.type == "counter" else "")] = set(metric._labelnames)
    assert made == ours


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS)
def test_expressions_ask_for_labels_that_are_there(title: str, expression: str) -> None:
    labels = {row.name: row.labels for row in rows()}

    def known(name: str) -> frozenset[str] | set[str]:
        return labels.get(re.sub(r"_(bucket|sum|count)$", "", name), labels.get(name, frozenset())) | OF_PROMETHEUS

    for selector in within(expression, promql.VectorSelector):
        assert {matcher.name for matcher in selector.matchers.matchers} <= known(selector.name or "")
    for group in within(expression, promql.AggregateExpr):
        if group.modifier is not None:
            assert all(set(group.modifier.labels) <= known(name) for name in metrics_in(str(group.expr)))


def test_each_alert_leads_to_its_paragraph_and_says_what_is_wrong() -> None:
    headings = re.findall(r"^### (Agridrone\w+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(alert["alert"] for alert in ALERTS)
    for alert in ALERTS:
        assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
        assert promql.parse_duration(alert["for"]) > timedelta(0)
        assert alert["labels"]["severity"] in ("critical", "warning")
        assert alert["annotations"]["runbook"] == f"docs/metrics.md#{alert['alert'].lower()}"
        named = re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"])
        kept = re.search(r"\bby \(([^)]*)\)", alert["expr"])
        known = {one.strip() for one in kept[1].split(",")} if kept else {"instance", "job"}
        assert set(named) <= known, alert["alert"]


def test_alerts_and_panels_take_the_jobs_to_be_named_as_they_are() -> None:
    example = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    jobs = {one["job_name"] for one in example["scrape_configs"]}
    assert example["rule_files"] == ["alerts.yml"]
    for title, expression in EXPRESSIONS:
        for value in re.findall(r'\bjob=~?"([^"]*)"', expression):
            assert any(re.fullmatch(value, job) for job in jobs), title


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    register_default_plugins()
    assert json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD))) == DASHBOARD
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(column for column, _ in cells) < 24
        taken |= cells
        assert panel["type"] == "row" or (panel["description"] and panel["datasource"]["uid"] == "${source}")


async def test_a_worker_tells_nothing_beyond_loopback_without_a_token() -> None:
    with pytest.raises(SettingsError, match="METRICS_TOKEN"):
        load_settings(metrics_port=9101, metrics_host="0.0.0.0")
    with pytest.raises(SettingsError, match="METRICS_TOKEN: needs at least 32"):
        load_settings(metrics_token="short")
    assert metrics_face(load_settings(metrics_port=0)) == []


async def test_a_port_that_is_taken_is_an_operator_s_to_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (face,) = metrics_face(load_settings(data_dir=tmp_path, metrics_port=taken.getsockname()[1]))
        with pytest.raises(SettingsError, match="METRICS_PORT"):
            await face
