"""The outside of a file of weights, looked at before torch does. No torch here."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from workers.child.failure import CannotRun


def require_torch_archive(weights: Path) -> None:
    """Raises CannotRun unless the file is a whole archive as torch writes them: uncompressed, so that nothing in it
    becomes more than it holds."""
    try:
        with ZipFile(weights) as archive:
            entries = archive.infolist()
    except (BadZipFile, NotImplementedError, UnicodeDecodeError) as error:  # those two are for what no torch writes
        raise CannotRun("It is no file of weights as PyTorch writes them, or only a part of one.") from error
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > weights.stat().st_size or any(entry.compress_type != ZIP_STORED for entry in entries):
        raise CannotRun("It is a compressed archive, and PyTorch writes none; it was not opened.")
