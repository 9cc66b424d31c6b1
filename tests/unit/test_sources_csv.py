"""sources.csv: where each picture of an archive came from."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from data_sets import picture
from domain.models.version import Split
from frozen_images import frozen_image
from rendering.sources_csv import SourcesCsv


def test_a_row_names_source_tile_and_copy(tmp_path: Path) -> None:
    table = SourcesCsv(tmp_path / "sources.csv")
    image = frozen_image("ab" * 32, Split.VAL, name='DJI "0001", größe.JPG')
    table.add("valid/a.jpg", image, picture())
    table.add("valid/a_t1-0_c2.jpg", image, replace(picture(), tile=(1, 0), copy=2))
    with table.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    facts = {"asset_id": image.asset_id, "filename": image.filename, "sha256": image.sha256, "split": "VAL"}
    assert rows == [
        {"file": "valid/a.jpg", **facts, "tile_row": "", "tile_column": "", "copy": "0"},
        {"file": "valid/a_t1-0_c2.jpg", **facts, "tile_row": "1", "tile_column": "0", "copy": "2"},
    ]


def test_a_file_name_that_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    table = SourcesCsv(tmp_path / "sources.csv")
    names = ["=HYPERLINK(1).jpg", "+1.jpg", "-1.jpg", "@SUM.jpg", "\t=1.jpg", "plain.jpg", "'quoted.jpg"]
    for name in names:
        table.add("train/a.jpg", replace(frozen_image("cd" * 32), filename=name), picture())
    with table.path.open(encoding="utf-8", newline="") as file:
        found = [row["filename"] for row in csv.DictReader(file)]
    assert found == [f"'{name}" for name in names[:5]] + names[5:]
