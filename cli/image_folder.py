"""The images in a folder and the folders under it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.local_file import LocalFile

IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".mpo"})


class ImageFolderError(Exception):
    """The folder has nothing to send: a sentence that says why."""


@dataclass
class ImageFolder:
    """What a folder holds: images sorted by name, their bytes together, the number of other files, and of folders that
    could not be read the path and the reason."""

    images: list[LocalFile] = field(default_factory=list)
    size_bytes: int = 0
    others: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)


def read_folder(root: Path) -> ImageFolder:
    """Looks through `root`. What begins with a dot is passed over; of links that lead to one folder the first counts,
    so that a link to a folder above ends no search. Raises ImageFolderError when there is no image."""
    if not root.is_dir():
        raise ImageFolderError(f"{root} is no folder.")
    found = ImageFolder()
    waiting, seen = [""], set[tuple[int, int]]()
    while waiting:
        prefix = waiting.pop()
        try:
            status = (root / prefix).stat()
            if (identity := (status.st_dev, status.st_ino)) in seen:
                continue
            seen.add(identity)
            entries = sorted(os.scandir(root / prefix), key=lambda entry: entry.name)
        except OSError as error:
            found.unread.append((prefix or "./", error.strerror or str(error)))
            continue
        folders = [f"{prefix}{entry.name}/" for entry in entries if _take(found, prefix, entry)]
        waiting += reversed(folders)
    if not found.images:
        endings = ", ".join(sorted(ending.lstrip(".") for ending in IMAGE_ENDINGS))
        unread = "".join(f" {name} cannot be read: {reason}." for name, reason in found.unread)
        raise ImageFolderError(f"{root} has no images; their names end with {endings}.{unread}")
    found.images.sort(key=lambda file: file.name)
    return found


def _take(found: ImageFolder, prefix: str, entry: os.DirEntry[str]) -> bool:
    """Notes a file; True for a folder that is to be looked through."""
    if entry.name.startswith("."):
        return False
    if entry.is_dir():
        return True
    ending = os.path.splitext(entry.name)[1].lower()
    if ending in IMAGE_ENDINGS and entry.is_file():
        found.images.append(LocalFile(prefix + entry.name, Path(entry.path)))
        with suppress(FileNotFoundError):  # gone meanwhile, which sending it will tell
            found.size_bytes += entry.stat().st_size
    else:
        found.others += 1
    return False
