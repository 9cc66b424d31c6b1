"""Exports read back: by datumaro, which knows nothing of this product, and by the product's own import."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from annotation_files import parsed, zipped
from data_sets import Entry, assert_same_boxes, data_set, write
from domain.models.geometry import Box
from domain.models.imports import ExportFormat

ROOT = Path(__file__).parents[2]
READERS = ROOT / ".venv-readers" / "bin" / "python"


@pytest.fixture
def readers() -> Path:
    """The interpreter that has datumaro."""
    if not READERS.exists():
        message = "datumaro is not installed; `make readers` does it."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return READERS


@pytest.mark.parametrize("format_", [ExportFormat.PASCAL_VOC, ExportFormat.CREATEML, ExportFormat.CSV])
def test_datumaro_reads_the_same_boxes(tmp_path: Path, readers: Path, format_: ExportFormat) -> None:
    root = tmp_path / "set"
    entries = data_set()
    write(root, format_, entries)
    arguments = [str(readers), str(ROOT / "tests" / "datumaro_reader.py"), format_.value, str(root)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {
        name: [(class_name, Box(*box)) for class_name, *box in rows] for name, rows in json.loads(done.stdout).items()
    }
    assert_same_boxes(found, entries, 0.02)


@pytest.mark.parametrize("format_", ExportFormat)
def test_the_own_import_reads_the_same_boxes(tmp_path: Path, format_: ExportFormat) -> None:
    root = tmp_path / "set"
    entries = data_set()
    write(root, format_, entries)
    files = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    # What every export has beside its annotations must not pass for them.
    beside = {"sources.csv": b"file,asset_id\n", "manifest.json": b'{"images":[]}', "SHA256SUMS": b""}
    _, images, skipped = parsed(zipped(tmp_path / "set.zip", files | beside), format_)
    assert skipped == []
    by_name = {f"{entry.split}/{entry.stem}": entry for entry in entries}
    found: dict[str, list[tuple[str, Box]]] = {}
    for image in images:
        stem = image.name.rpartition("/")[2].removesuffix(".jpg")
        entry = by_name[f"{image.split}/{stem}"]
        found[entry.name] = [(one.label, _in_pixels(one.box, one.normalized, entry)) for one in image.objects]
    assert_same_boxes(found, entries, 0.02)


def _in_pixels(box: Box, normalized: bool, entry: Entry) -> Box:
    across, down = (entry.picture.width, entry.picture.height) if normalized else (1, 1)
    return Box(box.x * across, box.y * down, box.width * across, box.height * down)
