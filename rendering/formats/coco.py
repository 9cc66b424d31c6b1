"""COCO's object detection format (cocodataset.org/#format-data), a file a split beside its pictures as Roboflow has it.

Categories are numbered from 1 in the order of the classes, images and annotations from 1 in each file. Boxes and
outlines are pixels from the picture's upper left corner, to 0.01.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from domain.models.version import Split
from rendering.formats.dataset_format import DECIMALS, FOLDERS, Corners, DatasetFormat
from rendering.formats.json_list import JsonList
from rendering.geometry import polygon_area
from rendering.labels import Label
from rendering.picture import Picture

_FILE = "_annotations.coco.json"


class Coco(DatasetFormat):
    """Boxes and outlines; an object that was drawn as a box has the box's corners for its outline."""

    layout = f"""\
COCO. train/{_FILE} describes the pictures beside it, and so for valid and test. "bbox" is left, top, width
and height in pixels. "segmentation" is the object's outline, or the box's corners where it was drawn as a box. Category
ids begin with 1: add 1 to the numbers above.
"""

    def __init__(self, classes: Sequence[str], title: str, folder: Path) -> None:
        super().__init__(classes, title, folder)
        self._images = {split: JsonList(folder / f"{name}-images") for split, name in FOLDERS.items()}
        self._annotations = {split: JsonList(folder / f"{name}-annotations") for split, name in FOLDERS.items()}

    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        images, annotations = self._images[split], self._annotations[split]
        size = {"width": picture.width, "height": picture.height}
        images.extend([{"id": len(images) + 1, "file_name": f"{stem}.jpg", **size}])
        first = len(annotations) + 1
        found = enumerate(self._boxes(split, picture), first)
        annotations.extend([self._annotation(number, len(images), *one) for number, one in found])
        return ()

    def _annotation(self, number: int, image: int, label: Label, box: Corners) -> dict[str, Any]:
        width, height = round(box.right - box.left, DECIMALS), round(box.bottom - box.top, DECIMALS)
        outline = label.polygon or (
            *((box.left, box.top), (box.right, box.top)),
            *((box.right, box.bottom), (box.left, box.bottom)),
        )
        return {
            "id": number,
            "image_id": image,
            "category_id": self._indices[label.class_name] + 1,
            "bbox": [box.left, box.top, width, height],
            "area": round(polygon_area(outline), DECIMALS),
            "segmentation": [[round(value, DECIMALS) for point in outline for value in point]],
            "iscrowd": 0,
        }

    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        for split in self._used():
            path = self._folder / f"{FOLDERS[split]}{_FILE}"
            with path.open("wb") as file:
                self._write(file, split)
            yield f"{FOLDERS[split]}/{_FILE}", path

    def _write(self, file: BinaryIO, split: Split) -> None:
        categories = [
            {"id": number, "name": name, "supercategory": "none"} for number, name in enumerate(self._classes, 1)
        ]
        info = orjson.dumps({"description": self._title})
        # The product knows no licence of the images; readers expect the list.
        file.write(b'{"info":' + info + b',\n"licenses":[],\n"categories":' + orjson.dumps(categories))
        file.write(b',\n"images":')
        self._images[split].write_to(file)
        file.write(b',\n"annotations":')
        self._annotations[split].write_to(file)
        file.write(b"}\n")
