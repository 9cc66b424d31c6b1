"""Which backend answers: the routing table, row by row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.models.detection import Fallback, FallbackReason
from domain.models.gpu import GpuHolder, GpuHost, GpuLease
from domain.models.model import InferenceBackend
from domain.routing import Route, blocking_lease, find_route

LOCAL, ROBOFLOW, AUTO = InferenceBackend.LOCAL, InferenceBackend.ROBOFLOW, InferenceBackend.AUTO
TRAINING = Fallback(FallbackReason.GPU_HELD_BY_TRAINING, "A training has it.")
SAM3 = Fallback(FallbackReason.GPU_HELD_BY_SAM3, "SAM3 has it.")


@pytest.mark.parametrize("in_the_way", [None, TRAINING, SAM3])
@pytest.mark.parametrize("backend", [LOCAL, ROBOFLOW])
def test_a_named_backend_never_switches(backend: InferenceBackend, in_the_way: Fallback | None) -> None:
    assert find_route(backend, local=True, roboflow=True, in_the_way=in_the_way) == Route(backend)


def test_auto_asks_the_local_side_first_and_roboflow_when_that_fails() -> None:
    assert find_route(AUTO, local=True, roboflow=True) == Route(LOCAL, ROBOFLOW)


def test_auto_spares_a_held_gpu_and_says_why() -> None:
    assert find_route(AUTO, local=True, roboflow=True, in_the_way=TRAINING) == Route(ROBOFLOW, None, TRAINING)
    assert find_route(AUTO, local=True, roboflow=True, in_the_way=SAM3) == Route(ROBOFLOW, LOCAL, SAM3)


def test_auto_has_no_choice_with_one_kind_of_model() -> None:
    assert find_route(AUTO, local=True, roboflow=False, in_the_way=SAM3) == Route(LOCAL)
    assert find_route(AUTO, local=False, roboflow=True) == Route(ROBOFLOW)


def host(name: str, *, alive: bool = True, exclusive: bool = True) -> GpuHost:
    return GpuHost(name, "Tesla T4", exclusive, None, None, (), None, alive)


def lease(name: str, holder: GpuHolder) -> GpuLease:
    return GpuLease(name, holder, 1, "job", "owner", datetime.now(UTC))


def test_a_gpu_that_is_held_is_in_the_way_unless_another_host_is_free() -> None:
    training = {"a": lease("a", GpuHolder.TRAINING)}
    assert blocking_lease([host("a")], training) == training["a"]
    assert blocking_lease([host("a"), host("b")], training) is None
    assert blocking_lease([host("a"), host("b", alive=False)], training) == training["a"]
    both = {**training, "b": lease("b", GpuHolder.SAM3)}
    assert blocking_lease([host("a"), host("b")], both) == both["b"]


def test_detections_of_others_are_not_in_the_way_nor_is_what_nobody_uses() -> None:
    assert blocking_lease([host("a")], {"a": lease("a", GpuHolder.INFERENCE)}) is None
    assert blocking_lease([host("a", exclusive=False)], {"a": lease("a", GpuHolder.TRAINING)}) is None
    assert blocking_lease([host("a", alive=False)], {"a": lease("a", GpuHolder.TRAINING)}) is None
