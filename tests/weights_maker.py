"""Files of weights for tests, made by Ultralytics in a process of its own: `python weights_maker.py FOLDER SCRATCH`.

FOLDER gets detection.pt (yolo11n, classes pine and wattle, 96 pixels by its own account), changed.pt (other layers
under the name of yolo11n, without such an account), numbered.pt (classes without names), vast.pt (few bytes that
become 16 GiB when they are opened) and segmentation.pt.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from workers.child.environment import contain_ultralytics, contained_environment, prepare_config

TWO, COCO = ("pine", "wattle"), tuple(str(number) for number in range(80))
SIZED = {"train_args": {"imgsz": 96}}


def main(folder: Path, scratch: Path) -> None:
    os.environ.update(contained_environment(scratch, 1))
    prepare_config(scratch)
    contain_ultralytics(scratch, 1)
    import torch
    from ultralytics import YOLO

    standard = YOLO("yolo11n.yaml").model.yaml
    other_layers = [*standard["backbone"][:-1], [-1, 1, "C2PSA", [1024]]]
    two = _written(scratch / "yolo11n.yaml", {**standard, "nc": 2})
    changed = _written(scratch / "changed" / "yolo11n.yaml", {**standard, "nc": 2, "backbone": other_layers})
    _save(YOLO(two), folder / "detection.pt", TWO, SIZED)
    _save(YOLO(changed), folder / "changed.pt", TWO, {})
    _save(YOLO(two), folder / "numbered.pt", (0, 1), SIZED)
    _save(YOLO("yolo11n-seg.yaml"), folder / "segmentation.pt", COCO, SIZED)
    vast = YOLO(two)
    vast.model.register_buffer("vast", torch.zeros(1, dtype=torch.half).expand(2**32))
    _save(vast, folder / "vast.pt", TWO, SIZED)


def _save(model: Any, path: Path, classes: tuple[object, ...], account: dict[str, Any]) -> None:
    model.model.names = dict(enumerate(classes))
    model.ckpt = account
    model.save(str(path))


def _written(path: Path, architecture: dict[str, Any]) -> str:
    from ultralytics.utils import YAML

    path.parent.mkdir(exist_ok=True)
    YAML.save(path, {key: value for key, value in architecture.items() if key not in ("scale", "yaml_file")})
    return str(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
