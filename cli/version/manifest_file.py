"""The frozen images that a downloaded manifest lists, and the local files that they become."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cli.client import ApiError

FOLDERS = {"TRAIN": "train", "VAL": "valid", "TEST": "test"}
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}", re.ASCII)
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class FrozenFile:
    """An original: the name that it has on the server, its checksum in hex, and `path`, relative to the download's
    folder, with a name that is safe whatever the server's is."""

    filename: str
    split: str
    sha256: str
    size_bytes: int
    path: Path


def frozen_files(manifest: Path) -> list[FrozenFile]:
    """The images in the manifest's order, which is that of the API's pages. Raises ApiError when it is no manifest,
    and OSError."""
    taken: set[tuple[str, str]] = set()
    found = []
    for number, image in manifest_images(manifest):
        try:
            found.append(_frozen(image, taken))
        except (KeyError, TypeError, ValueError) as error:
            raise ApiError(f"Line {number} of the manifest names no image that can be downloaded.") from error
    return found


def safe_name(filename: str, sha256: str) -> str:
    """A plain file name: no folders, nothing but ASCII letters, digits, `.`, `_` and `-`, and 8 digits of the SHA-256,
    since drones repeat names."""
    original = PurePosixPath(filename.replace("\\", "/"))
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", original.stem)[:_LONGEST].strip("._-") or "image"
    suffix = original.suffix if _SUFFIX.fullmatch(original.suffix) else ""
    return f"{readable}_{sha256[:8]}{suffix}"


def manifest_images(manifest: Path) -> Iterator[tuple[int, Any]]:
    """Each image with the number of its line: the first line has the header, the last one closes the document. Raises
    ApiError for a line that is no JSON, and OSError."""
    with manifest.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.strip().removesuffix(b",")
            if number == 1 or text == b"]}":
                continue
            try:
                yield number, json.loads(text)
            except (ValueError, RecursionError) as error:
                raise ApiError(f"Line {number} of the manifest is no JSON.") from error


def _frozen(image: Any, taken: set[tuple[str, str]]) -> FrozenFile:
    filename, sha256, size, split = image["filename"], image["sha256"], image["size"], image["split"]
    if not (isinstance(filename, str) and isinstance(size, int) and size >= 0 and _SHA256.fullmatch(sha256)):
        raise ValueError(image)
    folder, name = FOLDERS[split], safe_name(filename, sha256)
    # Some file systems hold names equal that differ in case.
    path, copy = PurePosixPath(name), 1
    while (folder, name.lower()) in taken:
        copy += 1
        name = f"{path.stem}~{copy}{path.suffix}"
    taken.add((folder, name.lower()))
    return FrozenFile(filename, split, sha256, size, Path(folder, name))
