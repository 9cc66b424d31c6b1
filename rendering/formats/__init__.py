"""Annotated data sets in the formats that other tools read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.models.imports import ExportFormat
from rendering.formats.coco import Coco
from rendering.formats.createml import CreateMl
from rendering.formats.dataset_format import DatasetFormat
from rendering.formats.pascal_voc import PascalVoc
from rendering.formats.vott_csv import VottCsv
from rendering.formats.yolo import Yolo, YoloSeg

_FORMATS: Mapping[ExportFormat, type[DatasetFormat]] = {
    ExportFormat.YOLO: Yolo,
    ExportFormat.YOLO_SEG: YoloSeg,
    ExportFormat.COCO: Coco,
    ExportFormat.PASCAL_VOC: PascalVoc,
    ExportFormat.CREATEML: CreateMl,
    ExportFormat.CSV: VottCsv,
}


def open_format(format_: ExportFormat, classes: Sequence[str], title: str, folder: Path) -> DatasetFormat:
    """A data set of that format without a picture yet. `folder`, which there is, takes what grows with the pictures;
    files of an earlier data set in it would grow on."""
    return _FORMATS[format_](classes, title, folder)
