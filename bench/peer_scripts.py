"""The peers of the rendering benchmark, run by a Python that has them: `peer_scripts.py NAME LISTING FOLDER`.

Prints seconds, imports left out. Each does what its documentation shows, threads as the library likes them.
"""

# mypy: ignore-errors

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

SIDE, GRID, COPIES = 640, 4, 3


def main(name: str, listing: str, folder: str) -> None:
    images = json.loads(Path(listing).read_text())
    root = Path(folder)
    run = globals()[name](images, root)
    started = time.perf_counter()
    run()
    print(time.perf_counter() - started)  # noqa: T201


def opencv(images, root):
    """imread, resize, imwrite, and a label file."""
    import cv2

    def run():
        for kind in ("images", "labels"):
            (root / kind).mkdir(parents=True)
        for image in images:
            pixels = cv2.resize(cv2.imread(image["path"]), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            _write(root, image["name"], pixels, _shares(image))

    return run


def supervision(images, root):
    """DetectionDataset.as_yolo of a data set whose images are resized as they are read."""
    import cv2
    import numpy as np
    import supervision as sv

    class Resized(sv.DetectionDataset):
        def _get_image(self, image_path):
            return cv2.resize(cv2.imread(image_path), (SIDE, SIDE), interpolation=cv2.INTER_AREA)

    scales = [np.array([SIDE / i["width"], SIDE / i["height"]] * 2) for i in images]
    annotations = {
        image["path"]: sv.Detections(xyxy=np.array(image["boxes"]) * scale, class_id=np.zeros(len(image["boxes"]), int))
        for image, scale in zip(images, scales, strict=True)
    }
    dataset = Resized(classes=["palm"], images=[i["path"] for i in images], annotations=annotations)
    return lambda: dataset.as_yolo(
        images_directory_path=str(root / "images"), annotations_directory_path=str(root / "labels")
    )


def albumentations(images, root):
    """A.Resize of image and boxes, one image after the other."""
    import albumentations as a
    import cv2

    transform = a.Compose([a.Resize(SIDE, SIDE)], bbox_params=a.BboxParams("pascal_voc", label_fields=["labels"]))

    def run():
        for kind in ("images", "labels"):
            (root / kind).mkdir(parents=True)
        for image in images:
            pixels = cv2.cvtColor(cv2.imread(image["path"]), cv2.COLOR_BGR2RGB)
            done = transform(image=pixels, bboxes=image["boxes"], labels=[0] * len(image["boxes"]))
            _write(root, image["name"], cv2.cvtColor(done["image"], cv2.COLOR_RGB2BGR), _of(done["bboxes"], SIDE))

    return run


def albumentations_tiled(images, root):
    """Each tile cropped, resized and augmented with about the steps of MEDIUM."""
    import albumentations as a
    import cv2

    boxes = a.BboxParams("pascal_voc", label_fields=["labels"], min_visibility=0.3)
    plain = a.Compose([a.Resize(SIDE, SIDE)], bbox_params=boxes)
    steps = [
        a.Resize(SIDE, SIDE),
        a.HorizontalFlip(p=0.5),
        a.VerticalFlip(p=0.5),
        a.RandomRotate90(p=1),
        a.Rotate(limit=15, p=1),
        a.ColorJitter(brightness=(0.85, 1.15), contrast=(1, 1), saturation=(0.8, 1.2), hue=(0, 0), p=1),
    ]
    augmented = a.Compose(steps, bbox_params=boxes)

    def run():
        for kind in ("images", "labels"):
            (root / kind).mkdir(parents=True)
        for image in images:
            pixels = cv2.cvtColor(cv2.imread(image["path"]), cv2.COLOR_BGR2RGB)
            height, width = pixels.shape[0] // GRID, pixels.shape[1] // GRID
            for row in range(GRID):
                for column in range(GRID):
                    left, top = column * width, row * height
                    tile = pixels[top : top + height, left : left + width]
                    inside = [_clipped(box, left, top, width, height) for box in image["boxes"]]
                    inside = [box for box in inside if box]
                    for copy in range(COPIES):
                        transform = augmented if copy else plain
                        done = transform(image=tile, bboxes=inside, labels=[0] * len(inside))
                        name = f"{Path(image['name']).stem}_{row}-{column}_{copy}.jpg"
                        made = cv2.cvtColor(done["image"], cv2.COLOR_RGB2BGR)
                        _write(root, name, made, _of(done["bboxes"], SIDE))

    return run


def datumaro(images, root):
    """Dataset.transform("resize") and export("yolo", save_media=True)."""
    from datumaro.components.annotation import Bbox
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    items = [
        DatasetItem(
            id=Path(image["name"]).stem,
            subset="train",
            media=Image.from_file(path=image["path"]),
            annotations=[Bbox(x, y, r - x, b - y, label=0) for x, y, r, b in image["boxes"]],
        )
        for image in images
    ]
    dataset = Dataset.from_iterable(items, categories=["palm"])

    def run():
        dataset.transform("resize", width=SIDE, height=SIDE)
        dataset.export(str(root), "yolo", save_media=True)

    return run


def _write(root, name, pixels, labels):
    import cv2

    cv2.imwrite(str(root / "images" / name), pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
    lines = "".join(f"0 {' '.join(f'{value:.6f}' for value in label)}\n" for label in labels)
    (root / "labels" / f"{Path(name).stem}.txt").write_text(lines)


def _shares(image):
    width, height = image["width"], image["height"]
    return [
        ((x + r) / 2 / width, (y + b) / 2 / height, (r - x) / width, (b - y) / height) for x, y, r, b in image["boxes"]
    ]


def _of(boxes, side):
    return [((x + r) / 2 / side, (y + b) / 2 / side, (r - x) / side, (b - y) / side) for x, y, r, b in boxes]


def _clipped(box, left, top, width, height):
    x, y = max(box[0] - left, 0), max(box[1] - top, 0)
    r, b = min(box[2] - left, width), min(box[3] - top, height)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return [x, y, r, b] if r > x and b > y and (r - x) * (b - y) >= 0.3 * area else None


if __name__ == "__main__":
    main(*sys.argv[1:])
