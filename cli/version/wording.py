"""Versions in words, a list of lines each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from cli.lines import counted
from cli.table import table

_CONFIGS = ("preprocessing", "augmentation", "splitConfig", "filters")


def numbers(counts: Mapping[str, Any]) -> str:
    """Of a version or a preview, as `42 images, 1,578 annotations, 34 train / 6 val / 2 test`."""
    split = counts["splitCounts"]
    return (
        f"{counted(counts['imageCount'], 'image')}, {counted(counts['annotationCount'], 'annotation')}, "
        f"{split['train']:,} train / {split['val']:,} val / {split['test']:,} test"
    )


def title(version: Mapping[str, Any]) -> str:
    """As `Version 3 (North block-v3)`."""
    return f"Version {version['version']} ({version['name']})"


def made(version: Mapping[str, Any]) -> list[str]:
    """What a version that is READY came to."""
    lines = [f"{title(version)} is made: {numbers(version)}."]
    written = version["splitCounts"]["trainAugmented"]
    if written != version["splitCounts"]["train"]:
        lines.append(f"{counted(written, 'training image')} as written, after tiling and augmentation.")
    lines += _classes(version["classCounts"])
    if version["manifest"]:
        lines.append(f"Manifest: SHA-256 {version['manifest']['sha256']}")
    return lines + _identical(version) + warnings(version["warnings"])


def foreseen(preview: Mapping[str, Any]) -> list[str]:
    """What a version would come to."""
    estimated = any(one["code"] == "ESTIMATED_SPLITS" for one in preview["warnings"])
    about, at_most = "about " if estimated else "", "" if preview["exact"] else "At most "
    lines = [f"Version {preview['nextVersion']} would have {about}{numbers(preview)}."]
    written = preview["outputImages"]
    if written != preview["imageCount"]:
        lines.append(f"{at_most}{counted(written, 'image')} as written, after tiling and augmentation.")
    return lines + _classes(preview["classCounts"]) + warnings(preview["warnings"])


def listed(versions: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table."""
    if not versions:
        return ["There is no version yet; `agridrone version create` makes the first."]
    head = ("VERSION", "STATUS", "IMAGES", "ANNOTATIONS", "TRAIN/VAL/TEST", "CLASSES", "MADE (UTC)", "MODEL", "NAME")
    return table([head, *(_row(version) for version in versions)], right=frozenset({0, 2, 3, 4, 5}))


def shown(version: Mapping[str, Any]) -> list[str]:
    """All of a version."""
    lines = [f"{title(version)}, {version['status']}: {numbers(version)}."]
    if version["failureReason"]:
        lines.append(f"It failed: {version['failureReason']}")
    lines += table([[f"  {name}", value] for name, value in _facts(version)])
    lines += _classes(version["classCounts"])
    lines.append("Settings:")
    chosen = {**version, "augmentation": _taken(version["augmentation"])}
    lines += [f"  {path}: {value}" for name in _CONFIGS for path, value in settings(chosen[name], name)]
    return lines + warnings(version["warnings"])


def settings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each setting under its path, as `preprocessing.tile.rows`, without those that are not set."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from settings(below, f"{path}.{name}")
    elif isinstance(value, list) and value:
        yield path, ", ".join(f"{one['from']} = {one['to']}" if isinstance(one, dict) else str(one) for one in value)
    elif isinstance(value, str):
        yield path, value
    elif value not in (None, []):
        yield path, json.dumps(value)


def _taken(augmentation: Mapping[str, Any]) -> dict[str, Any]:
    """Without the steps that are not taken."""
    return {name: value for name, value in augmentation.items() if value or name == "seed"}


def checked(check: Mapping[str, Any]) -> str:
    """What a check came to, or how far it is."""
    done = f"{check['objectsChecked']:,} of {counted(check['objectsTotal'], 'object')}"
    if check["status"] == "FAILED":
        return f"FAILED: {check['failureReason']}"
    if check["status"] != "COMPLETED":
        return f"{check['status']}, {done}"
    if check["intact"]:
        return f"intact, {done}"
    manifest = "" if check["manifestIntact"] else ", the manifest is not intact"
    return f"not intact, {done}: {check['missingCount']:,} missing, {check['corruptCount']:,} corrupt{manifest}"


def _facts(version: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "id", version["id"]
    if version["displayName"]:
        yield "shown as", version["displayName"]
    yield "project", f"{version['project']['name']} ({version['project']['id']})"
    maker = version["createdBy"]
    yield "made", f"{moment(version['createdAt'])} UTC" + (f" by {maker['name']}" if maker else "")
    if version["snapshotAt"]:
        yield "data as of", f"{moment(version['snapshotAt'])} UTC"
    yield "training images as written", f"{version['splitCounts']['trainAugmented']:,}"
    if manifest := version["manifest"]:
        yield "manifest", f"SHA-256 {manifest['sha256']}, {decimal(manifest['sizeBytes'])}"
    if version["contentDigest"]:
        yield "content digest", version["contentDigest"]
    if twin := version["identicalTo"]:
        yield "identical to", f"version {twin['version']}"
    if version["leakedPairs"] is not None:
        yield "near-identical pairs across splits", f"{version['leakedPairs']:,}"
    if model := version["latestModel"]:
        yield "latest model", f"{model['name']} ({model['id']})"
    check = version["lastCheck"]
    yield "last check", f"{moment(check['createdAt'])} UTC: {checked(check)}" if check else "none"


def _row(version: Mapping[str, Any]) -> tuple[str, ...]:
    split, model = version["splitCounts"], version["latestModel"]
    return (
        f"{version['version']}",
        version["status"],
        f"{version['imageCount']:,}",
        f"{version['annotationCount']:,}",
        f"{split['train']:,}/{split['val']:,}/{split['test']:,}",
        f"{len(version['classes']):,}",
        moment(version["createdAt"]),
        model["name"] if model else "-",
        version["displayName"] or version["name"],
    )


def _classes(counts: Sequence[Mapping[str, Any]]) -> list[str]:
    if not counts:
        return []
    rows = [
        (f"  {one['name']}", counted(one["annotations"], "annotation"), f"on {counted(one['images'], 'image')}")
        for one in counts
    ]
    return ["Classes:", *table(rows)]


def _identical(version: Mapping[str, Any]) -> list[str]:
    twin = version["identicalTo"]
    return [f"Its data and settings are those of version {twin['version']}."] if twin else []


def warnings(notices: Sequence[Mapping[str, Any]]) -> list[str]:
    return ["Warnings:", *(f"  {one['code']}: {one['message']}" for one in notices)] if notices else []


def moment(time: str) -> str:
    """As `2026-11-24 17:51` UTC, of RFC 3339."""
    return time[:16].replace("T", " ")
