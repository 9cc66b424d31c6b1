"""The difference of two versions, asked for and told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cli.answer import print_json
from cli.client import Client
from cli.lines import say
from cli.table import table

_ASSET = "filename split sha256 width height annotationCount"
_CHANGED = f"""
changedAssets(first: $first, after: $after) {{
  totalCount
  nodes {{
    change annotationsAdded annotationsRemoved annotationsChanged
    before {{ {_ASSET} }} after {{ {_ASSET} }}
  }}
  pageInfo {{ hasNextPage endCursor }}
}}
"""
DIFF = f"""
query ($id: ID!, $against: ID!, $first: Int!, $after: String) {{
  version(id: $id) {{
    diff(against: $against) {{
      from {{ id version name }} to {{ id version name }}
      assetsAdded assetsRemoved assetsKept assetsMovedBetweenSplits
      annotationsAdded annotationsRemoved annotationsChanged
      classes {{ name before after }}
      configChanges {{ path before after }}
      {_CHANGED}
    }}
  }}
}}
"""
MORE = f"""
query ($id: ID!, $against: ID!, $first: Int!, $after: String) {{
  version(id: $id) {{ diff(against: $against) {{ {_CHANGED} }} }}
}}
"""
_PAGE, _FIRST_ONES = 200, 20
_SPLIT_NAMES = {"TRAIN": "train", "VAL": "val", "TEST": "test"}


async def read_diff(client: Client, before: str, after: str, all_images: bool) -> dict[str, Any]:
    """The VersionDiff from `before` to `after`, ids both, with the first of its changed images, or all of them.
    Raises ApiError."""
    asked = {"id": after, "against": before, "first": _PAGE if all_images else _FIRST_ONES}
    found: dict[str, Any] = (await client.call_again(DIFF, **asked))["diff"]
    changed = found["changedAssets"]
    page = changed.pop("pageInfo")
    while all_images and page["hasNextPage"]:
        more = (await client.call_again(MORE, **asked, after=page["endCursor"]))["diff"]["changedAssets"]
        changed["nodes"] += more["nodes"]
        page = more["pageInfo"]
    return found


def tell_diff(found: Mapping[str, Any], as_json: bool) -> None:
    """Prints the difference."""
    if as_json:
        print_json({"diff": found})
        return
    for line in _lines(found):
        say(line)


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    images = _changes(found["assetsAdded"], found["assetsRemoved"])
    moved = found["assetsMovedBetweenSplits"]
    notes = _changes(found["annotationsAdded"], found["annotationsRemoved"])
    yield f"From version {found['from']['version']} to version {found['to']['version']}:"
    yield f"  images: {images}, {found['assetsKept']:,} kept, {moved:,} moved between splits"
    yield f"  annotations: {notes}, {found['annotationsChanged']:,} changed"
    if found["classes"]:
        yield "Classes, in annotations:"
        yield from table(
            [(f"  {one['name']}", f"{one['before']:,}", "->", f"{one['after']:,}") for one in found["classes"]],
            right=frozenset({1, 3}),
        )
    if found["configChanges"]:
        yield "Settings:"
        for one in found["configChanges"]:
            yield f"  {one['path']}: {_setting(one['before'])} -> {_setting(one['after'])}"
    yield from _images(found["changedAssets"])


def _images(changed: Mapping[str, Any]) -> Iterator[str]:
    if not changed["nodes"]:
        return
    yield "Changed images:"
    yield from table([_row(delta) for delta in changed["nodes"]])
    left = changed["totalCount"] - len(changed["nodes"])
    if left > 0:
        yield f"  … and {left:,} more; --all lists them."


def _row(delta: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = delta["before"], delta["after"]
    splits = [_SPLIT_NAMES.get(one["split"], one["split"]) for one in (before, after) if one]
    notes = _changes(delta["annotationsAdded"], delta["annotationsRemoved"])
    changed = delta["annotationsChanged"]
    return (
        f"  {delta['change']}",
        " -> ".join(dict.fromkeys(splits)),
        f"annotations {notes}, {changed:,} changed" if changed else f"annotations {notes}",
        (after or before)["filename"],
    )


def _changes(added: int, removed: int) -> str:
    return f"+{added:,} -{removed:,}"


def _setting(value: str | None) -> str:
    return "not set" if value is None else value
