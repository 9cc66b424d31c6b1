"""The disposable folder in YOLO's layout that training and evaluation read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from domain.models.config import VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Notice, Split
from rendering.picture import Picture, Skipped, pictures

FOLDERS = {Split.TRAIN: "train", Split.VAL: "valid", Split.TEST: "test"}


class RenderCancelled(Exception):  # noqa: N818 - a state, as its siblings are named
    """`cancelled` said so; the folder is incomplete."""


@dataclass(frozen=True, slots=True)
class SplitTally:
    """What one split came to: source images, pictures written, labels in them."""

    sources: int = 0
    images: int = 0
    labels: int = 0


@dataclass(frozen=True, slots=True)
class RenderedTree:
    """`splits` has an entry for each split asked for. `validation` is the split that data.yaml's `val` points at."""

    root: Path
    data_yaml: Path
    validation: Split
    splits: dict[Split, SplitTally]
    notices: tuple[Notice, ...]


@dataclass(slots=True)
class _Result:
    images: int = 0
    labels: int = 0
    skipped: Skipped = field(default_factory=Skipped)


def render_tree(
    root: Path,
    images: Sequence[FrozenImage],
    source: Callable[[FrozenImage], Path],
    config: VersionConfig,
    class_names: Sequence[str],
    splits: Collection[Split],
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    threads: int = 2,
) -> RenderedTree:
    """Write `train|valid|test/images|labels` and data.yaml of the splits asked for under `root`, which is made.

    `source` gives the local file of an image. A class's index is its place in `class_names`; annotations of other
    classes are skipped and counted. `progress` hears (source images done, all of them) in this thread. The bytes
    written do not depend on `threads`. Raises RenderCancelled, ImageUnreadable with the file's name, ValueError when
    no image is in the splits, FileExistsError when a split's folder is there.
    """
    chosen = [image for image in images if image.split in splits]
    if not chosen:
        raise ValueError(f"The version has no image in {' or '.join(sorted(splits))}; choose a split that has one.")
    for split in splits:
        for kind in ("images", "labels"):
            (root / FOLDERS[split] / kind).mkdir(parents=True)
    stems = _stems(chosen)
    indices = {name: index for index, name in enumerate(class_names)}

    def render(position: int) -> _Result:
        if cancelled():
            raise RenderCancelled
        image = chosen[position]
        skipped = Skipped()
        result = _Result(skipped=skipped)
        for picture in pictures(image, source(image), config, indices, skipped):
            result.labels += _write(root / FOLDERS[image.split], stems[position], picture)
            result.images += 1
        return result

    results: list[_Result] = []
    pool = ThreadPoolExecutor(threads, thread_name_prefix="render")
    try:
        for result in pool.map(render, range(len(chosen))):
            results.append(result)
            progress(len(results), len(chosen))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return _finished(root, chosen, results, class_names, splits)


def _write(folder: Path, stem: str, picture: Picture) -> int:
    name = stem + picture.suffix
    (folder / "images" / f"{name}.jpg").write_bytes(picture.jpeg)
    (folder / "labels" / f"{name}.txt").write_text("".join(f"{line}\n" for line in picture.lines), encoding="ascii")
    return len(picture.lines)


def _stems(images: Sequence[FrozenImage]) -> list[str]:
    """A file name without suffix for each image, all different: drones repeat names, people upload files twice."""
    taken: Counter[str] = Counter()
    stems = []
    for image in images:
        original = PurePath(image.filename.replace("\\", "/")).stem
        readable = re.sub(r"[^A-Za-z0-9._-]+", "_", original)[:80].strip("._") or "image"
        stem = f"{readable}_{image.sha256[:8]}"
        taken[stem.lower()] += 1
        repeat = taken[stem.lower()]
        stems.append(stem if repeat == 1 else f"{stem}~{repeat}")
    return stems


def _finished(
    root: Path,
    images: Sequence[FrozenImage],
    results: Sequence[_Result],
    class_names: Sequence[str],
    splits: Collection[Split],
) -> RenderedTree:
    tallies = {}
    for split in sorted(splits):
        own = [result for image, result in zip(images, results, strict=True) if image.split is split]
        tallies[split] = SplitTally(len(own), sum(r.images for r in own), sum(r.labels for r in own))
    notices = _skip_notices([result.skipped for result in results])
    # TEST never stands in for VAL while there are training images: the best epoch is chosen on it.
    validation = next(s for s in (Split.VAL, Split.TRAIN, Split.TEST) if s in tallies and tallies[s].images)
    if validation is Split.TRAIN and Split.VAL in splits:
        message = "The version has no validation image; the training images were used to choose the best epoch."
        notices.append(Notice("VALIDATED_ON_TRAIN", message, tallies[Split.TRAIN].images))
    data_yaml = root / "data.yaml"
    data_yaml.write_text(_data_yaml(class_names, tallies, validation), encoding="ascii")
    return RenderedTree(root, data_yaml, validation, tallies, tuple(notices))


def _data_yaml(class_names: Sequence[str], tallies: dict[Split, SplitTally], validation: Split) -> str:
    """Paths are relative to the file's folder. `train` and `val` must be there even where only one split is."""
    used = {split for split, tally in tallies.items() if tally.images}
    train = Split.TRAIN if Split.TRAIN in used else validation
    lines = [f"train: {FOLDERS[train]}/images", f"val: {FOLDERS[validation]}/images"]
    if Split.TEST in used:
        lines.append(f"test: {FOLDERS[Split.TEST]}/images")
    # A JSON string is a YAML string: no class name can break the file.
    lines += [f"nc: {len(class_names)}", "names:", *(f"  - {json.dumps(name)}" for name in class_names)]
    return "\n".join(lines) + "\n"


def _skip_notices(skipped: Sequence[Skipped]) -> list[Notice]:
    totals = sum((s.counts for s in skipped), Counter[str]())
    texts = {
        "LABELS_OF_DROPPED_CLASSES": "Annotations of classes that the version drops were skipped.",
        "LABELS_OF_OTHER_CLASSES": "Annotations of classes that are not in the list of classes were skipped.",
        "LABELS_WITHOUT_AREA": "Annotations that are not finite or have no area inside their image were skipped.",
        "LABELS_NOT_VISIBLE": "Annotations that no tile shows enough of were skipped.",
    }
    return [Notice(code, text, totals[code]) for code, text in texts.items() if totals[code]]
