"""What Prometheus would read."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.metrics.registry import REGISTRY


@dataclass(frozen=True, slots=True)
class Scrape:
    """One reading of /metrics."""

    text: str

    def value(self, name: str, **labels: str) -> float:
        """The sum of the series that have those labels, 0 where there is none."""
        return sum(value for value in self.series(name, **labels).values())

    def series(self, name: str, **labels: str) -> dict[tuple[str, ...], float]:
        """The series of that name that have those labels, by the values of the other ones in the order of names."""
        found: dict[tuple[str, ...], float] = {}
        for family in text_string_to_metric_families(self.text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    others = tuple(sample.labels[label] for label in sorted(sample.labels.keys() - labels.keys()))
                    found[others] = sample.value
        return found

    @property
    def names(self) -> set[str]:
        """Of the metrics that are announced, be there series of them or not: as they are asked for."""
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}
        announced = set()
        for family in text_string_to_metric_families(self.text):
            announced |= {family.name + ending for ending in endings.get(family.type, ("",))}
        return announced


async def scrape(http: httpx.AsyncClient, address: str = "/metrics", token: str = "") -> Scrape:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await http.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return Scrape(answer.text)


def of_this_process() -> Scrape:
    """Without HTTP, and without a look at the fleet."""
    return Scrape(generate_latest(REGISTRY).decode())
