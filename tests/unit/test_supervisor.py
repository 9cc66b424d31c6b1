"""What `up` tells its parts."""

from __future__ import annotations

import pytest

from cli.supervisor import environment_of


@pytest.mark.parametrize(("set_to", "io", "gpu"), [("0", "0", "0"), ("9101", "9101", "9102")])
def test_each_worker_tells_its_metrics_on_a_port_of_its_own(set_to: str, io: str, gpu: str) -> None:
    environment = {"METRICS_PORT": set_to, "REDIS_URL": "redis://127.0.0.1:6379/0"}
    assert environment_of(("worker", "io"), environment) == {**environment, "METRICS_PORT": io}
    assert environment_of(("worker", "gpu"), environment) == {**environment, "METRICS_PORT": gpu}
