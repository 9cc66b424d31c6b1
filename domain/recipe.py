"""The arguments a training is given: the user's, those this product fixes, and the recipe for small sets."""

from __future__ import annotations

from domain.models.training import TrainingConfig

# Ultralytics' defaults gather gradients over 64 images, warm up for three epochs, and average BatchNorm statistics
# slowly. With fewer training images than this there are too few steps for that: such trainings end near zero where the
# recipe below learns. The number counts images as written, after tiling and augmentation.
SMALL_SET_IMAGES = 500

# Mixing four images into one makes a few images go further, but a network that never sees whole ones at the end
# measures badly, and a short training has no time for both. Oil palms from scratch, 40 tiles, 30 epochs, three splits:
# mean mAP50 0.61 with mosaic in the first two thirds, 0.26 to 0.40 without, at learning rates of 0.001 to 0.004.
MOSAIC_EPOCHS = 15
_PLAIN_SHARE = 3

Argument = str | int | float | bool | None


def effective_arguments(
    config: TrainingConfig, train_images: int, device: str = "cpu", loader_workers: int = 4
) -> dict[str, Argument]:
    """Every argument that Ultralytics' training gets, JSON-ready, but for paths.

    `train_images` counts training images as written. `device` is Ultralytics' name: "cpu", "mps", or a CUDA index as
    "0", or several as "0,1": each takes its share of a batch. Two keys are ours: "recipe" ("small-set" or "default")
    and "bn_momentum" (None leaves BatchNorm as it is).
    """
    cuda = device not in ("cpu", "mps")
    gpus = len(device.split(","))
    small = train_images < SMALL_SET_IMAGES
    arguments: dict[str, Argument] = {
        "recipe": "small-set" if small else "default",
        "epochs": config.epochs,
        "batch": max(config.batch_size - config.batch_size % gpus, gpus),
        "imgsz": config.image_size,
        "patience": config.patience,
        "seed": config.seed,
        "deterministic": True,
        "device": device,
        # bfloat16 needs no gradient scaling and not the check for which Ultralytics downloads a model.
        "amp": "bf16" if cuda else False,
        "workers": loader_workers if cuda else 0,
        "cache": False,
        "plots": False,
        "val": True,
        "save": True,
        "exist_ok": True,
    }
    return arguments | (_small_set(config) if small else _default(config))


def _small_set(config: TrainingConfig) -> dict[str, Argument]:
    mixes = config.epochs >= MOSAIC_EPOCHS
    return {
        "optimizer": "AdamW",
        "lr0": 0.002 if config.learning_rate is None else config.learning_rate,
        "nbs": config.batch_size,
        "warmup_epochs": 1.0,
        "mosaic": 1.0 if mixes else 0.0,
        "close_mosaic": config.epochs // _PLAIN_SHARE if mixes else 0,
        "bn_momentum": 0.1,
    }


def _default(config: TrainingConfig) -> dict[str, Argument]:
    if config.learning_rate is None:
        return {"optimizer": "auto", "bn_momentum": None}
    # "auto" would choose a learning rate of its own and ignore the given one.
    return {"optimizer": "AdamW", "lr0": config.learning_rate, "bn_momentum": None}
