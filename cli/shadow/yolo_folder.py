"""The old pipeline's export: a folder in YOLO's layout, as Ultralytics trains from it and Roboflow writes it."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.misuse import MisuseError
from cli.shadow.data_yaml import DataYaml, read_data_yaml
from cli.shadow.label import Label, LabelLineError, label_of_line, unlike

_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".mpo"})
_SPLIT_FOLDERS = {"train": "TRAIN", "val": "VAL", "valid": "VAL", "validation": "VAL", "test": "TEST"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What training would pass over or stumble upon, at `where`, in a sentence."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class FolderPicture:
    """A picture by its path in the folder; `labels` is where its labels are, None for a picture without any."""

    name: str
    path: Path
    split: str
    labels: Path | None


@dataclass
class YoloFolder:
    """Pictures in the order of their names; labels are read when they are asked for."""

    root: Path
    classes: DataYaml
    pictures: list[FolderPicture] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def labels_of(self, picture: FolderPicture) -> list[Label]:
        """The picture's objects, each once. Lines that are none are noted in `faults`."""
        if picture.labels is None:
            return []
        where = shown(picture.labels, self.root)
        try:
            lines = picture.labels.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(Fault(where, f"It cannot be read as text: {error}."))
            return []
        found = []
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    found.append(label_of_line(line, self.classes.names))
                except LabelLineError as error:
                    self.faults.append(Fault(f"{where} line {number}", str(error)))
        return unlike(found)


def read_yolo_folder(folder: Path) -> YoloFolder:
    """Finds the pictures and their label files. Raises MisuseError where the folder is none to train from, and
    OSError."""
    folder = Path(os.path.abspath(folder))  # links within stay: what they lead to may be in no folder `images`
    classes = read_data_yaml(folder)
    found = YoloFolder(folder, classes)
    file = shown(classes.path, folder)
    found.faults += [Fault(file, f"What it names is not there: {word}.") for word in classes.lacking]
    taken: dict[Path, str] = {}
    for place, splits in classes.places.items():
        split = _split(place, splits)
        for path in _pictures_in(place):
            if not path.is_file():
                found.faults.append(Fault(shown(place, folder), f"It lists {path.name}, which is not there."))
            elif taken.setdefault(path, split) != split:
                found.faults.append(Fault(shown(path, folder), f"It is in {taken[path]} and in {split}."))
    found.pictures = sorted(
        (FolderPicture(shown(path, folder), path, split, _labels(path)) for path, split in taken.items()),
        key=lambda picture: picture.name,
    )
    if not found.pictures:
        raise MisuseError(f"{classes.path} leads to no picture.")
    found.faults += _lonely_labels(found, [place for place in classes.places if place.is_dir()])
    return found


def unpacked(archive: Path, folder: Path) -> Path:
    """The folder with what the zip file has in it. Raises MisuseError."""
    try:
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise MisuseError(f"{archive} is no folder, and cannot be unpacked as a zip file: {error}.") from error
    return folder


def shown(path: Path, root: Path) -> str:
    """The path within the folder, or whole where it leads elsewhere."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _split(place: Path, splits: Sequence[str]) -> str:
    """A folder that stands in for another split, since Ultralytics must have `train` and `val`, is what its own name
    says."""
    named = (_SPLIT_FOLDERS.get(part.lower()) for part in reversed(place.parts))
    return next((split for split in named if split is not None and split in splits), splits[0])


def _pictures_in(place: Path) -> Iterator[Path]:
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            if path.suffix.lower() in _ENDINGS and not path.name.startswith("."):
                yield path
        return
    for line in place.read_text("utf-8-sig").splitlines():
        if line.strip():
            yield Path(os.path.abspath(place.parent / line.strip()))


def _labels(picture: Path) -> Path | None:
    """As Ultralytics looks for them: `labels` in place of the last `images`; else beside the picture."""
    for path in (_in_labels(picture).with_suffix(".txt"), picture.with_suffix(".txt")):
        if path.is_file():
            return path
    return None


def _in_labels(path: Path) -> Path:
    parts = list(path.parts)
    if "images" not in parts:
        return path
    last = len(parts) - 1 - parts[::-1].index("images")
    return Path(*parts[:last], "labels", *parts[last + 1 :])


def _lonely_labels(found: YoloFolder, places: Sequence[Path]) -> Iterator[Fault]:
    used = {picture.labels for picture in found.pictures}
    for place in places:
        labels = _in_labels(place)
        if labels != place and labels.is_dir():
            for path in sorted(labels.rglob("*.txt")):
                if path not in used and path.name != "classes.txt":
                    yield Fault(shown(path, found.root), "There is no picture of its name.")
