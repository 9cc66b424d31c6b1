"""A contact sheet of a version, from pictures that the server renders."""

from __future__ import annotations

import asyncio
import io
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from cli.answer import print_json
from cli.client import ApiError, Client
from cli.contact_sheet import Seen, SheetPicture, Strip, contact_sheet
from cli.lines import counted, say
from cli.misuse import MisuseError
from cli.screen import screen
from cli.version import wording
from cli.version.record import read_version

IMAGES = """
query ($id: ID!, $split: Split, $after: String) {
  version(id: $id) {
    assets(first: 200, after: $after, split: $split) {
      nodes { assetId filename split annotationCount }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
PICTURES = """
query ($assetId: ID!, $versionId: ID!, $copies: Int!) {
  previewAugmentation(assetId: $assetId, versionId: $versionId, copies: $copies) {
    images { dataUrl width height annotations { weedType box { x y width height } } }
    userErrors { code message field }
  }
}
"""
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Choice:
    """How many images, and how many augmented copies of each at most; `split` is the contract's word, or None."""

    images: int
    copies: int
    split: str | None


async def draw_and_tell(client: Client, version_id: str, choice: Choice, out: Path, as_json: bool) -> bool:
    """Writes the sheet, and prints what is on it. Raises ApiError, and MisuseError when there is no image to
    show or the file cannot be written."""
    if not out.absolute().parent.is_dir():
        raise MisuseError(f"--out: there is no folder {out.parent}.")
    version = await read_version(client, version_id)
    listed = await _listed(client, version_id, choice.split)
    if not listed:
        of = f" in {choice.split}" if choice.split else ""
        raise MisuseError(f"{wording.title(version)} is {version['status']} and has no images{of}.")
    strips = []
    chosen = evenly(listed, choice.images)
    async with screen("Rendering", quiet=as_json) as show:
        for number, image in enumerate(chosen):
            show(number, len(chosen), image["filename"])
            strips.append(await _strip(client, version, image, choice.copies))
    classes = [(one["name"], one["annotations"]) for one in version["classCounts"]]
    lines = [wording.numbers(version), described(version)]
    sheet = contact_sheet(wording.title(version), lines, classes, strips)
    await asyncio.to_thread(_write, sheet, out)
    pictures = sum(len(strip.pictures) for strip in strips)
    if as_json:
        print_json({"out": str(out), "images": [dict(one) for one in chosen], "pictures": pictures})
    else:
        say(f"{out}: {counted(len(chosen), 'image')} of {len(listed):,}, {counted(pictures, 'picture')}.")
    return True


def evenly(items: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """At most `count` of them, in their order, from the first on at equal distances."""
    most = min(count, len(items))
    return [items[at * len(items) // most] for at in range(most)]


def sheet_format(out: Path) -> str:
    """Pillow's name of the format that the file's name asks for. Raises MisuseError."""
    found = _FORMATS.get(out.suffix.lower())
    if found is None:
        raise MisuseError(f"--out: {out.name} is no name of a .png or .jpg file.")
    return found


def described(version: Mapping[str, Any]) -> str:
    """Preprocessing and augmentation in a line, as `2 × 3 tiles · 640 × 640 STRETCH · MEDIUM × 3`."""
    before, after = version["preprocessing"], version["augmentation"]
    parts = []
    if tile := before["tile"]:
        parts.append(f"{tile['rows']} × {tile['columns']} tiles")
    if resize := before["resize"]:
        parts.append(f"{resize['width']} × {resize['height']} {resize['mode']}")
    parts += ["grey"] if before["grayscale"] else []
    parts += [f"contrast {before['contrast']}"] if before["contrast"] else []
    if after["multiplier"] > 1:
        parts.append(f"augmentation {after['preset'] or 'of its own'} × {after['multiplier']}")
    return " · ".join(parts) or "neither resized, cut nor augmented"


async def _listed(client: Client, version_id: str, split: str | None) -> list[dict[str, Any]]:
    """All images, in the manifest's order."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await client.call_again(IMAGES, id=version_id, split=split, after=after))["assets"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def _strip(client: Client, version: Mapping[str, Any], image: Mapping[str, Any], copies: int) -> Strip:
    answer = await client.call_again(PICTURES, assetId=image["assetId"], versionId=version["id"], copies=copies)
    source = "its fullest tile" if version["preprocessing"]["tile"] else "as it is"
    pictures = tuple(
        _picture(one, f"copy {number}" if number else source) for number, one in enumerate(answer["images"])
    )
    words = f"{image['split'].lower()} · {counted(image['annotationCount'], 'object')}"
    return Strip(image["filename"], words, pictures)


def _picture(answer: Mapping[str, Any], what: str) -> SheetPicture:
    head, _, data = answer["dataUrl"].partition(",")
    if not head.endswith(";base64"):
        raise ApiError("The server gave a picture that is no base64 data address.")
    objects = tuple(
        Seen(one["weedType"], tuple(one["box"][side] for side in ("x", "y", "width", "height")))
        for one in answer["annotations"]
    )
    return SheetPicture(b64decode(data), objects, f"{what}, {counted(len(objects), 'object')}")


def _write(sheet: Image.Image, out: Path) -> None:
    data = io.BytesIO()
    kind = sheet_format(out)
    sheet.save(data, kind, **({"quality": _QUALITY} if kind == "JPEG" else {"optimize": True}))
    try:
        out.write_bytes(data.getvalue())
    except OSError as error:
        raise MisuseError(f"{out} cannot be written: {error.strerror or error}.") from error
