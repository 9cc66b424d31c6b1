"""The file of a YOLO folder that names its classes and where the pictures of each split are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.misuse import MisuseError

_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_SPLITS = {"train": "TRAIN", "val": "VAL", "valid": "VAL", "test": "TEST"}


@dataclass(frozen=True, slots=True)
class DataYaml:
    """`names` are the classes by number. `places` are the folders of pictures, and the text files that list pictures,
    with the splits that name them, by the contract's names; `lacking` are the words for those that are not there."""

    path: Path
    names: Mapping[int, str]
    places: Mapping[Path, Sequence[str]]
    lacking: Sequence[str]


def read_data_yaml(folder: Path) -> DataYaml:
    """Of the folder, or of the only folder in it, as some archives have it. Raises MisuseError."""
    path = _found(folder)
    try:
        # All scalars stay text, so that a class may be called `no` or `1.0`.
        content: Any = yaml.load(path.read_text("utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506
    except (OSError, ValueError) as error:
        raise MisuseError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise MisuseError(f"{path} is no YAML: {' '.join(str(error).split())}.") from error
    names = _class_names(content.get("names") if isinstance(content, dict) else None)
    if not names:
        raise MisuseError(f"{path} has no `names` with the classes, as a list or by number.")
    return DataYaml(path, names, *_places(path, content))


def _found(folder: Path) -> Path:
    inner = [one for one in sorted(folder.iterdir()) if one.is_dir() and not one.name.startswith((".", "__"))]
    for place in [folder, *inner] if len(inner) == 1 else [folder]:
        usual = [place / name for name in _NAMES if (place / name).is_file()]
        found = usual or sorted([*place.glob("*.yaml"), *place.glob("*.yml")])
        if len(found) > 1:
            raise MisuseError(f"{found[0]} and {found[1]} both may name the classes; keep one.")
        if found:
            return found[0]
    raise MisuseError(f"{folder} has no data.yaml: give the folder that the old pipeline trains from.")


def _class_names(value: Any) -> dict[int, str]:
    if isinstance(value, list):
        return {number: name for number, name in enumerate(value) if isinstance(name, str)}
    if isinstance(value, dict):
        return {int(number): name for number, name in value.items() if number.isdecimal() and isinstance(name, str)}
    return {}


def _places(path: Path, content: Mapping[str, Any]) -> tuple[dict[Path, list[str]], list[str]]:
    root = path.parent / content["path"] if isinstance(content.get("path"), str) else path.parent
    roots = (root, path.parent)
    places: dict[Path, list[str]] = {}
    lacking = []
    for key, split in _SPLITS.items():
        value = content.get(key)
        for word in value if isinstance(value, list) else [value]:
            if not isinstance(word, str) or not word:
                continue
            place = _place(word.replace("\\", "/"), roots)
            if place is not None:
                places.setdefault(place, []).append(split)
            elif split != "TEST":  # training does without
                lacking.append(f"{key}: {word}")
    return places, lacking


def _place(word: str, roots: Sequence[Path]) -> Path | None:
    """The first that is there. `../train/images` is also looked for in the file's own folder, where it is since
    Roboflow's archives were laid out anew."""
    for root in roots:
        for one in (word, word.removeprefix("../")):
            if (root / one).exists():
                return Path(os.path.abspath(root / one))
    return None
