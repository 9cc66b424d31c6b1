"""Formats of data sets, for exports and imports alike. Import the enum from here, where it has its description."""

from __future__ import annotations

import strawberry

from domain.models.imports import ExportFormat

__all__ = ["ExportFormat"]

strawberry.enum(
    ExportFormat,
    description="YOLO is boxes only; YOLO_SEG has a polygon in every row (a box's corners where there is none).",
)
