"""Prints what datumaro reads in a data set. Run by the readers' own interpreter: datumaro_reader.py FORMAT FOLDER.

A JSON object: for each picture, as `train/NAME`, a list of [class, left, top, width, height].
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from datumaro.components.annotation import AnnotationType, Bbox
from datumaro.components.dataset import Dataset
from datumaro.plugins.data_formats.roboflow.base import RoboflowVocBase

_IMPORTERS = {"CREATEML": "roboflow_create_ml", "CSV": "vott_csv"}


def source(format_: str, folder: Path) -> Any:
    """The items of a split, with their categories."""
    if format_ == "PASCAL_VOC":
        # The importer around this reader takes only files that claim to come from Roboflow.
        return RoboflowVocBase(str(folder), subset=folder.name)
    return Dataset.import_from(str(folder), _IMPORTERS[format_])


def box(format_: str, found: Bbox) -> list[float]:
    left, top, width, height = found.get_bbox()
    if format_ == "CREATEML":
        # datumaro takes CreateML's x and y for a corner; Apple's documentation says that they are the centre.
        left, top = left - width / 2, top - height / 2
    return [float(value) for value in (left, top, width, height)]


def main(format_: str, root: Path) -> None:
    pictures = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        items = source(format_, folder)
        names = [category.name for category in items.categories()[AnnotationType.label].items]
        for item in items:
            found = [one for one in item.annotations if one.type == AnnotationType.bbox]
            pictures[f"{folder.name}/{item.id}"] = [[names[one.label], *box(format_, one)] for one in found]
    json.dump(pictures, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
