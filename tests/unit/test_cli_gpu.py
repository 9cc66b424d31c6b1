"""GPU hosts in words."""

from __future__ import annotations

from typing import Any

from cli.gpu.wording import listed

FREE = {
    "host": "field",
    "device": "Tesla T4",
    "memoryTotal": "16000000000",
    "memoryUsed": "2000000000",
    "holder": None,
    "heldSince": None,
    "sam3Loaded": False,
    "workerAlive": True,
    "trainingJob": None,
    "loadedModel": {"id": "m", "name": "north-v3.pt"},
}


def line(**changes: Any) -> str:
    _, found = listed([{**FREE, **changes}])
    return found


def test_a_free_gpu_shows_memory_and_model() -> None:
    assert line().split("  ")[0] == "field"
    for part in ("alive", "Tesla T4", "2.0 GB of 16.0 GB", "north-v3.pt", "not loaded"):
        assert part in line()


def test_who_has_it_is_named_as_far_as_it_is_known() -> None:
    held = {"heldSince": "2026-05-01T10:00:00Z", "holder": "TRAINING"}
    job = {"id": "job-7", "epoch": 3, "config": {"epochs": 10}, "etaSeconds": 60}
    assert "training job-7, epoch 3 of 10" in line(**held, trainingJob=job)
    assert "training  2026-05-01" in line(**held)  # another team's
    assert "detection" in line(**{**held, "holder": "INFERENCE"})


def test_a_host_that_is_away_or_has_no_gpu_is_shown_too() -> None:
    found = line(workerAlive=False, memoryTotal=None, memoryUsed=None, device="cpu", sam3Loaded=None, loadedModel=None)
    assert "away" in found
    assert "GB" not in found
    assert listed([]) == ["No GPU worker was ever heard of; start one with `agridrone worker gpu`."]
