"""The images that a command is to detect on, and the names of the pictures that are drawn of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from cli.image_folder import read_folder
from cli.misuse import MisuseError

RECORD = "detections.json"


def image_files(named: Sequence[Path]) -> list[Path]:
    """Those files, each once, and the images in those folders. A file that is not there is among them: what is wrong
    with it is told beside the others. Raises ImageFolderError for a folder without images."""
    found: list[Path] = []
    for path in named:
        found += [path / image.name for image in read_folder(path).images] if path.is_dir() else [path]
    return list({os.path.realpath(path): path for path in found}.values())


def make_folder(out: Path) -> None:
    """Raises MisuseError when it cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MisuseError(f"--out: {out} cannot be made: {error.strerror or error}.") from error


def picture_names(images: Sequence[Path], out: Path) -> list[str]:
    """A name for the picture of each image in the folder `out`, as `DJI_0001.jpg`, and `DJI_0001-2.jpg` where that is
    taken: by another picture, by one of the images, or by a file that is there and was not drawn by this command
    before."""
    own, sources = _drawn_before(out), {os.path.realpath(image) for image in images}
    taken = {
        path.name.casefold()
        for path in out.iterdir()
        if path.name.casefold() not in own or os.path.realpath(path) in sources
    }
    names = []
    for image in images:
        stem, number = image.stem, 1
        while (name := f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg").casefold() in taken:
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _drawn_before(out: Path) -> set[str]:
    """The names of the pictures that the folder's record knows; of a file that is no such record, none."""
    try:
        known = json.loads((out / RECORD).read_bytes())["images"]
        return {str(one["picture"]).casefold() for one in known if one.get("picture")}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return set()
