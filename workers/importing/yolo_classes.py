"""The file of a YOLO archive that names its classes: data.yaml, or the classes.txt of older tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from domain.models.version import Split
from workers.importing.archive import Archive
from workers.importing.malformed import MalformedFileError, printable
from workers.importing.objects import MAX_CLASSES

_MAX_YAML_BYTES = 512 * 2**10
_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_LISTS = ("classes.txt", "obj.names")
_SPLITS = {"train": Split.TRAIN, "val": Split.VAL, "valid": Split.VAL, "test": Split.TEST}


@dataclass(frozen=True, slots=True)
class ClassFile:
    """Class names by index, and the splits of folders, without `images` in them."""

    names: Mapping[int, str]
    folders: Mapping[tuple[str, ...], Split]

    def split(self, folders: tuple[str, ...]) -> Split | None:
        """Of images in `folders`; either path may begin further up than the other."""
        found = {
            split
            for named, split in self.folders.items()
            if folders and (folders[-len(named) :] == named or named[-len(folders) :] == folders)
        }
        return found.pop() if len(found) == 1 else None


def class_file(archive: Archive) -> ClassFile:
    """Raises MalformedFileError when there is none, or it does not name the classes."""
    if name := _found(archive, _NAMES) or _found(archive, (), (".yaml", ".yml")):
        return _of_yaml(archive, name)
    if name := _found(archive, _LISTS):
        return ClassFile(dict(enumerate(_text(archive, name).split("\n"))), {})
    raise MalformedFileError("The zip file has no data.yaml that names the classes.")


def _found(archive: Archive, bases: tuple[str, ...], endings: tuple[str, ...] = ()) -> str | None:
    """The one that is least deep. Raises MalformedFileError when several are."""
    found = [
        name
        for name in archive.names
        if (base := name.rpartition("/")[2].lower()) in bases or (endings and base.endswith(endings))
    ]
    least = min((name.count("/") for name in found), default=0)
    found = [name for name in found if name.count("/") == least]
    if len(found) > 1:
        raise MalformedFileError(f"{printable(found[0])} and {printable(found[1])} both name classes; keep one.")
    return found[0] if found else None


def _text(archive: Archive, name: str) -> str:
    with archive.open(name, _MAX_YAML_BYTES) as file:
        data = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedFileError(f"{printable(name)} is no UTF-8 text.") from error


def _of_yaml(archive: Archive, name: str) -> ClassFile:
    shown = printable(name)
    try:
        # All scalars stay text, so that a class may be called `no` or `1.0`, and there are no merge keys to blow up.
        content: Any = yaml.load(_text(archive, name), Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        reason = " ".join(str(getattr(error, "problem", None) or "it nests too deep").split())
        raise MalformedFileError(f"{shown} is no YAML: {printable(reason)}.") from error
    names = _names(content.get("names") if isinstance(content, dict) else None)
    if not names:
        raise MalformedFileError(f"{shown} has no “names” with the classes.")
    if len(names) > MAX_CLASSES:
        raise MalformedFileError(f"{shown} names more than {MAX_CLASSES:,} classes.")
    count = content.get("nc")
    if isinstance(count, str) and count.isdecimal() and count.lstrip("0") != str(len(names)):
        raise MalformedFileError(f"{shown} says nc: {printable(count)}, and names {len(names)} classes.")
    return ClassFile(names, _folders(content))


def _names(value: Any) -> dict[int, str]:
    """Those that are no text are left out: their objects have an unknown class then."""
    if isinstance(value, list):
        return {index: name for index, name in enumerate(value) if isinstance(name, str)}
    if isinstance(value, dict):
        return {
            int(index): name
            for index, name in value.items()
            if isinstance(index, str) and index.isdecimal() and len(index) < 10 and isinstance(name, str)
        }
    return {}


def _folders(content: dict[Any, Any]) -> dict[tuple[str, ...], Split]:
    """Folders that one split alone names."""
    named: dict[tuple[str, ...], set[Split]] = {}
    for key, split in _SPLITS.items():
        value = content.get(key)
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str):
                parts = path.replace("\\", "/").split("/")
                kept = tuple(part for part in parts if part not in ("", ".", "..") and part.lower() != "images")
                if kept:
                    named.setdefault(kept, set()).add(split)
    return {folder: splits.copy().pop() for folder, splits in named.items() if len(splits) == 1}
