"""YOLO as Ultralytics reads it (docs.ultralytics.com/datasets): a text file a picture, an object a line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from domain.models.version import Split
from rendering.formats.dataset_format import FOLDERS, DatasetFormat
from rendering.geometry import corners
from rendering.labels import Label
from rendering.picture import Picture

_DECIMALS = 6
_BEYOND_JSON = 0xFFFF


class Yolo(DatasetFormat):
    """Boxes: class, centre and size as shares of the picture."""

    layout = """\
YOLO, boxes. The picture train/images/NAME.jpg has its labels in train/labels/NAME.txt, and so for valid and test. Each
line is an object: the number of its class, then x and y of the centre of its box, its width and its height, as shares
of the picture's width and height. A file without a line belongs to a picture without objects. data.yaml is the file to
train from: yolo detect train data=data.yaml model=yolo11n.pt
"""

    def image_path(self, split: Split, stem: str) -> str:
        return f"{FOLDERS[split]}/images/{stem}.jpg"

    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        rows = [values for label in picture.labels if (values := self._values(label, picture))]
        # Ultralytics counts a line that repeats another as a fault of the data set.
        lines = dict.fromkeys(f"{' '.join(values)}\n" for values in rows)
        self.left_out["LABELS_TOO_SMALL"] += len(picture.labels) - len(rows)
        self.left_out["LABELS_REPEATED"] += len(rows) - len(lines)
        self._count(split, len(lines))
        return [(f"{FOLDERS[split]}/labels/{stem}.txt", "".join(lines).encode("ascii"))]

    def _values(self, label: Label, picture: Picture) -> list[str] | None:
        """The fields of the label's line; None when its area would print as nothing."""
        box, width, height = label.box, picture.width, picture.height
        across, down = _share(box.width, width), _share(box.height, height)
        if not (float(across) and float(down)):
            return None
        centre = _share(box.x + box.width / 2, width), _share(box.y + box.height / 2, height)
        return [str(self._indices[label.class_name]), *centre, across, down]

    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        used = self._used()
        # TEST never stands in for VAL while there are training images.
        validation = next((split for split in (Split.VAL, Split.TRAIN, Split.TEST) if split in used), Split.TRAIN)
        yield "data.yaml", data_yaml(self._classes, used, validation).encode("ascii")


class YoloSeg(Yolo):
    """Outlines, a polygon in every line: Ultralytics drops a file that mixes them with boxes."""

    layout = """\
YOLO, outlines. The picture train/images/NAME.jpg has its labels in train/labels/NAME.txt, and so for valid and test.
Each line is an object: the number of its class, then x and y of each point of its outline, as shares of the picture's
width and height. An object that was drawn as a box has the box's four corners. A file without a line belongs to a
picture without objects. data.yaml is the file to train from: yolo segment train data=data.yaml model=yolo11n-seg.pt
"""

    def _values(self, label: Label, picture: Picture) -> list[str] | None:
        outline = label.polygon or corners(label.box)
        xs = [_share(x, picture.width) for x, _ in outline]
        ys = [_share(y, picture.height) for _, y in outline]
        if len(set(xs)) < 2 or len(set(ys)) < 2:
            return None
        points = (value for point in zip(xs, ys, strict=True) for value in point)
        return [str(self._indices[label.class_name]), *points]


def data_yaml(classes: Iterable[str], used: Collection[Split], validation: Split) -> str:
    """The file that names the folders and the classes, ASCII; paths are relative to its own folder.

    `used` are the splits that have pictures. `train` and `val` must be there for Ultralytics even where one split alone
    is: `validation` is the split that `val` names, and `train` where none is to train on.
    """
    train = Split.TRAIN if Split.TRAIN in used else validation
    lines = [f"train: {FOLDERS[train]}/images", f"val: {FOLDERS[validation]}/images"]
    if Split.TEST in used:
        lines.append(f"test: {FOLDERS[Split.TEST]}/images")
    names = [f"  - {_quoted(name)}" for name in classes]
    lines += [f"nc: {len(names)}", "names:", *names]
    return "\n".join(lines) + "\n"


def _share(part: float, whole: int) -> str:
    return f"{min(max(0.0, part / whole), 1.0):.{_DECIMALS}f}"


def _quoted(text: str) -> str:
    """A JSON string is a YAML string, so that no class name can break the file; but what JSON escapes as a pair of
    surrogates, YAML reads as two characters."""
    characters = (f"\\U{ord(one):08x}" if ord(one) > _BEYOND_JSON else json.dumps(one)[1:-1] for one in text)
    return f'"{"".join(characters)}"'
