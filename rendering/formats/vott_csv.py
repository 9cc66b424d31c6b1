"""The CSV of Microsoft's VoTT: image, xmin, ymin, xmax, ymax, label; pixels, to 0.01.

A file a split lies beside its pictures, named as VoTT names it, `…-export.csv`. VoTT says nothing of a picture without
objects; here it has a row whose other fields are empty.

A class name that begins as a formula is written as it is. In a list for people an apostrophe goes before it, but this
file is for programs that train, and none of them takes the apostrophe off again: it would become part of the name of
every such object. Image names are the product's own and never begin so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.models.version import Split
from rendering.formats.dataset_format import FOLDERS, DatasetFormat
from rendering.picture import Picture

_COLUMNS = ("image", "xmin", "ymin", "xmax", "ymax", "label")


class VottCsv(DatasetFormat):
    """Boxes."""

    layout = """\
CSV with the columns of VoTT, boxes. train/train-export.csv describes the pictures beside it, a row an object, and so
for valid and test. xmin, ymin, xmax and ymax are pixels from the picture's upper left corner. A row whose other fields
are empty names a picture without objects. Class names stand as they were given, also where a spreadsheet would take
one for a formula: load the file there as text.
"""

    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        name = f"{stem}.jpg"
        rows: list[Sequence[object]] = [
            (name, *box, label.class_name) for label, box in self._boxes(split, picture)
        ] or [(name, *[""] * 5)]
        if self._tallies[split].pictures == 1:
            rows.insert(0, _COLUMNS)
        with self._file(split).open("ab") as file:
            file.write(_text(rows))
        return ()

    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        for split in self._used():
            yield f"{FOLDERS[split]}/{FOLDERS[split]}-export.csv", self._file(split)

    def _file(self, split: Split) -> Path:
        return self._folder / f"{FOLDERS[split]}-export.csv"


def _text(rows: Sequence[Sequence[object]]) -> bytes:
    """Texts in quotes, numbers without, as VoTT writes them."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue().encode()
