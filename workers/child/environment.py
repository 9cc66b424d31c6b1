"""Keeps Ultralytics quiet, offline and out of the user's folders. Imports no torch: the worker uses it too."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from PIL import Image


def contained_environment(config: Path, threads: int) -> dict[str, str]:
    """The variables to set before Ultralytics is imported. `config` is a folder of this run alone."""
    return {
        "YOLO_OFFLINE": "1",
        "YOLO_AUTOINSTALL": "False",
        "YOLO_CONFIG_DIR": str(config),
        "ULTRALYTICS_SKIP_REQUIREMENTS_CHECKS": "1",
        # Weights are unpickled against a list of allowed classes: a hostile file cannot run code.
        "ULTRALYTICS_SAFE_LOAD": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(config),
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
    }


def prepare_config(config: Path) -> None:
    """Make the config folder, with the fonts that Ultralytics would download otherwise."""
    folder = config / "Ultralytics"
    folder.mkdir(parents=True, exist_ok=True)
    package = find_spec("matplotlib")
    if package is None or package.origin is None:
        return
    font = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    for name in ("Arial.ttf", "Arial.Unicode.ttf"):
        shutil.copyfile(font, folder / name)


def contain_ultralytics(folder: Path, threads: int) -> None:
    """Import Ultralytics, the variables being set; switch its integrations off, keep its files in `folder`."""
    from workers.child.torchvision_shim import install

    install()
    import torch

    open_image = Image.open
    from ultralytics import settings
    from ultralytics.utils import torch_utils

    # Ultralytics puts an opener of its own in Pillow's place, which asks for a package that is not there.
    Image.open = open_image
    integrations = dict.fromkeys(("sync", "clearml", "comet", "dvc", "mlflow", "raytune"), False)
    folders = {f"{kind}_dir": str(folder / kind) for kind in ("runs", "weights", "datasets")}
    settings.update(integrations | folders)
    torch.set_num_threads(threads)
    # Choosing a device sets torch's threads to this, whatever they were.
    torch_utils.NUM_THREADS = threads
