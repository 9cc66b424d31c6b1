"""What a training is given shows whole, and the recipe for small sets touches nothing but what it names."""

from __future__ import annotations

import json

from domain.models.training import TrainingConfig
from domain.recipe import MOSAIC_EPOCHS, SMALL_SET_IMAGES, effective_arguments

RECIPE = {"recipe", "optimizer", "lr0", "nbs", "warmup_epochs", "mosaic", "close_mosaic", "bn_momentum"}


def test_a_small_set_gets_the_recipe_and_nothing_else_changes() -> None:
    small = effective_arguments(TrainingConfig(batch_size=8), SMALL_SET_IMAGES - 1)
    large = effective_arguments(TrainingConfig(batch_size=8), SMALL_SET_IMAGES)
    assert {key for key in small | large if small.get(key) != large.get(key)} == RECIPE
    assert small["recipe"] == "small-set"
    assert (small["optimizer"], small["lr0"], small["nbs"]) == ("AdamW", 0.002, 8)
    assert small["bn_momentum"] == 0.1
    assert large["recipe"] == "default"


def test_a_small_set_mixes_images_at_first_when_there_is_time_for_both() -> None:
    short, long = (effective_arguments(TrainingConfig(epochs=epochs), 10) for epochs in (MOSAIC_EPOCHS - 1, 30))
    assert (short["mosaic"], short["close_mosaic"]) == (0.0, 0)
    assert long["mosaic"] == 1.0
    assert isinstance(long["close_mosaic"], int)
    assert 0 < long["close_mosaic"] < 30 / 2


def test_a_given_learning_rate_is_kept() -> None:
    for images in (10, 10_000):
        arguments = effective_arguments(TrainingConfig(learning_rate=0.0123), images)
        assert arguments["lr0"] == 0.0123
        assert arguments["optimizer"] != "auto"


def test_the_users_settings_arrive() -> None:
    config = TrainingConfig(epochs=7, batch_size=3, image_size=96, patience=2, seed=11)
    arguments = effective_arguments(config, 10)
    assert [arguments[key] for key in ("epochs", "batch", "imgsz", "patience", "seed")] == [7, 3, 96, 2, 11]
    assert json.loads(json.dumps(arguments)) == arguments


def test_the_device_decides_precision_and_loader() -> None:
    cpu, cuda = (effective_arguments(TrainingConfig(), 10, device) for device in ("cpu", "0"))
    assert (cpu["amp"], cpu["workers"], cpu["device"]) == (False, 0, "cpu")
    assert (cuda["amp"], cuda["workers"], cuda["device"]) == ("bf16", 4, "0")
