"""sources.csv: which original, tile and augmented copy each picture of an archive is (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from domain.models.manifest import FrozenImage
from domain.spreadsheets import text_cell
from rendering.picture import Picture

_COLUMNS = ("file", "asset_id", "filename", "sha256", "split", "tile_row", "tile_column", "copy")


class SourcesCsv:
    """A row a picture in the new file `path`, in the order in which they come.

    `filename` and `sha256` (hex) are the original's, with an apostrophe before a name that a spreadsheet would run;
    `split` is as in the manifest. Rows and columns of tiles count from 0 and are empty where the image was not cut;
    `copy` is 0, or the number of the augmented copy.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        path.write_bytes(_text(_COLUMNS))

    def add(self, file: str, image: FrozenImage, picture: Picture) -> None:
        """`file` is the picture's path in the archive. Raises OSError."""
        tile = picture.tile or ("", "")
        row = (file, image.asset_id, text_cell(image.filename), image.sha256, image.split.value, *tile, picture.copy)
        with self.path.open("ab") as table:
            table.write(_text(row))


def _text(row: Sequence[object]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(row)
    return text.getvalue().encode()
