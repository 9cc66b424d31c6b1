"""A comparison in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.lines import counted
from cli.shadow.pairing import MatchedBy
from cli.shadow.report import SPLITS, Difference, Kind, Report, Tally
from cli.table import table
from cli.version import wording

_FIRST_ONES = 10
_MATCHED = {
    MatchedBy.CONTENT: "by equal bytes",
    MatchedBy.EXPORT_NAME: "by the digits in our export's names",
    MatchedBy.NAME: "by name",
    MatchedBy.ROBOFLOW_NAME: "by the name before Roboflow's",
}
_SPLIT_NAMES = {"TRAIN": "train", "VAL": "val", "TEST": "test"}
_HEADINGS = {
    Kind.IMAGE_ONLY_IN_VERSION: "Images only in the version",
    Kind.IMAGE_ONLY_IN_FOLDER: "Pictures only in the folder",
    Kind.IMAGE_REPEATED: "Further pictures of images that have one: copies, or tiles",
    Kind.SPLIT_MOVED: "Images in another split",
    Kind.CLASS_ONLY_IN_VERSION: "Classes only in the version",
    Kind.CLASS_ONLY_IN_FOLDER: "Classes only in the folder",
    Kind.CLASS_ORDER: "Classes in another order",
    Kind.BOX_ONLY_IN_VERSION: "Objects only in the version",
    Kind.BOX_ONLY_IN_FOLDER: "Objects only in the folder",
    Kind.BOX_MOVED: "Objects whose boxes differ",
    Kind.BOX_OF_OTHER_CLASS: "Objects of another class",
    Kind.OUTLINE_ONLY_IN_VERSION: "Objects that have an outline in the version and a box in the folder",
    Kind.OUTLINE_ONLY_IN_FOLDER: "Objects that have an outline in the folder and a box in the version",
    Kind.FAULT_IN_FOLDER: "Faults of the folder",
}


def lines_of(
    version: Mapping[str, Any], folder: Path, report: Report, all_differences: bool, frozen_now: bool
) -> Iterator[str]:
    """What a person reads: the verdict, the numbers, and the first differences of each kind, or all."""
    verdict = "no difference" if report.same else counted(len(report.differences), "difference")
    yield f"{wording.title(version)} beside {folder}: {verdict}."
    matched = ", ".join(f"{report.matched[how]:,} {words}" for how, words in _MATCHED.items() if report.matched[how])
    yield f"Images matched: {matched or 'none'}. Objects that are the same: {report.same_boxes:,}."
    yield from _numbers(report)
    for before, after in sorted(report.renamed, key=lambda pair: -report.renamed[pair]):
        yield f"{before} is {after} in the folder on {counted(report.renamed[before, after], 'object')}."
    for kind in Kind:
        yield from _found(kind, report.of_kind(kind), all_differences)
    if frozen_now:
        yield (
            f"Version {version['version']} was frozen for this, and stays. Compare it again by --version "
            f"v{version['version']}."
        )


def _numbers(report: Report) -> Iterator[str]:
    """What differs in number has a sign before it."""
    head = ("", "", *(_SPLIT_NAMES[split] for split in SPLITS), "(version / folder)")
    rows = [_row("images", report.images)]
    classes = sorted({name for name, _ in report.objects})
    for name in classes:
        rows.append(_row(name, {split: report.objects.get((name, split), Tally()) for split in SPLITS}))
    yield from table([head, *rows], right=frozenset({2, 3, 4}))


def _row(name: str, tallies: Mapping[str, Tally]) -> tuple[str, ...]:
    cells = [f"{tallies[split].version:,} / {tallies[split].folder:,}" for split in SPLITS]
    same = all(tally.version == tally.folder for tally in tallies.values())
    return (" " if same else "≠", name, *cells, "")


def _found(kind: Kind, found: list[Difference], all_differences: bool) -> Iterator[str]:
    if not found:
        return
    yield f"{_HEADINGS[kind]}: {len(found):,}"
    told = found if all_differences else found[:_FIRST_ONES]
    for one in told:
        yield f"  {_line(one)}"
    if len(found) > len(told):
        yield f"  … and {len(found) - len(told):,} more; --all lists them."


def _line(one: Difference) -> str:
    where = one.picture or one.image or ""
    if one.image and one.picture and one.image != one.picture:
        where = f"{one.image} ({one.picture})"
    sides = " -> ".join(side for side in (one.in_version, one.in_folder) if side)
    share = f", sharing {one.iou:.2f}" if one.iou is not None else ""
    return f"{where}: {sides}{share}" if where else sides
