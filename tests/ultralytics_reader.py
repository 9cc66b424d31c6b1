"""Prints what Ultralytics' own dataset checker says of a data set: ultralytics_reader.py TASK DATA_YAML SCRATCH.

A JSON object: for `train`, `val` and where there is one `test` the counts of label files found, missing, empty and
corrupt, the warnings, the class names, and by picture the labels, each [class, left, top, width, height] in pixels.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from workers.child.environment import contain_ultralytics, prepare_config


def read(task: str, data_yaml: str, scratch: Path) -> dict[str, Any]:
    prepare_config(scratch)
    contain_ultralytics(scratch, 1)
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(data_yaml, autodownload=False)
    splits = {}
    for split in ("train", "val", "test"):
        if data.get(split):
            dataset = YOLODataset(img_path=data[split], data=data, task=task, augment=False, imgsz=64)
            splits[split] = _checked(dataset, scratch / f"{split}.cache")
    return {"names": list(data["names"].values()), "splits": splits}


def _checked(dataset: Any, cache: Path) -> dict[str, Any]:
    checked = dataset.cache_labels(cache)
    found, missing, empty, corrupt, _ = checked["results"]
    labels = {Path(one["im_file"]).stem: _boxes(one) for one in checked["labels"]}
    counts = {"found": found, "missing": missing, "empty": empty, "corrupt": corrupt}
    return {**counts, "warnings": checked["msgs"], "labels": labels}


def _boxes(one: dict[str, Any]) -> list[list[float]]:
    height, width = one["shape"]
    rows = zip(one["cls"][:, 0].tolist(), one["bboxes"].tolist(), strict=True)
    return [[kind, (x - w / 2) * width, (y - h / 2) * height, w * width, h * height] for kind, (x, y, w, h) in rows]


if __name__ == "__main__":
    # Ultralytics prints too.
    with redirect_stdout(sys.stderr):
        answer = read(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    json.dump(answer, sys.stdout)
