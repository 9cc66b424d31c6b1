"""Apple Create ML's object detection format ("Building an object detector data source", developer.apple.com), a file a
split beside its pictures as Roboflow has it. `x` and `y` are the box's centre, in pixels, to 0.005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from domain.models.version import Split
from rendering.formats.dataset_format import DECIMALS, FOLDERS, Corners, DatasetFormat
from rendering.formats.json_list import JsonList
from rendering.picture import Picture

_FILE = "_annotations.createml.json"


class CreateMl(DatasetFormat):
    """Boxes."""

    layout = f"""\
CreateML, boxes. train/{_FILE} describes the pictures beside it, and so for valid and test. "x" and "y" are
the centre of an object's box, all in pixels.
"""

    def __init__(self, classes: Sequence[str], title: str, folder: Path) -> None:
        super().__init__(classes, title, folder)
        self._pictures = {split: JsonList(folder / f"{name}-pictures") for split, name in FOLDERS.items()}

    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        found = self._boxes(split, picture)
        annotations = [{"label": label.class_name, "coordinates": _coordinates(box)} for label, box in found]
        self._pictures[split].extend([{"image": f"{stem}.jpg", "annotations": annotations}])
        return ()

    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        for split in self._used():
            path = self._folder / f"{FOLDERS[split]}{_FILE}"
            with path.open("wb") as file:
                self._pictures[split].write_to(file)
                file.write(b"\n")
            yield f"{FOLDERS[split]}/{_FILE}", path


def _coordinates(box: Corners) -> dict[str, Any]:
    return {
        # The middle of two rounded numbers has one decimal more.
        "x": round((box.left + box.right) / 2, DECIMALS + 1),
        "y": round((box.top + box.bottom) / 2, DECIMALS + 1),
        "width": round(box.right - box.left, DECIMALS),
        "height": round(box.bottom - box.top, DECIMALS),
    }
