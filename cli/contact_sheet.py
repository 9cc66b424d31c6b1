"""Pictures with their boxes on one sheet, to be looked at."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image, ImageDraw

from cli.class_colours import Colour, class_colours
from cli.lettering import Font, font
from cli.lines import printable

CELL = 320
"""Pixels of a picture's longer side at most; smaller pictures are enlarged by whole numbers up to it."""
_COLUMNS = 6
_MARGIN, _GAP, _STRIP_GAP = 28, 8, 26
_CAPTION = 24
_PAPER, _INK, _FAINT, _EDGE = (255, 255, 255), (24, 28, 35), (110, 117, 128), (20, 20, 20)
_SHADE = (0, 0, 0, 130)
_FINE = 36
"""Pixels of the shorter sides, in the median over a picture's boxes, below which its lines are thin: they would hide
what is in them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object: its class and its box (x, y, width, height) in pixels of its picture."""

    class_name: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """A JPEG or PNG file's bytes, what is to be seen on it, and a word on what it is."""

    data: bytes
    objects: tuple[Seen, ...]
    word: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Pictures of one image, side by side, under its name and a few words on it."""

    name: str
    words: str
    pictures: tuple[SheetPicture, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    image: Image.Image
    word: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A strip whose boxes are drawn."""

    name: str
    words: str
    cells: tuple[_Cell, ...]

    @property
    def height(self) -> int:
        return 2 * _CAPTION + max(cell.image.height for cell in self.cells)


def contact_sheet(
    title: str, lines: Sequence[str], classes: Sequence[tuple[str, int]], strips: Sequence[Strip]
) -> Image.Image:
    """An RGB image: the title, lines of text, a legend of classes with their numbers of objects, and the strips, each
    a row of its own unless several are so short that they fit into one. There is at least one strip, and at least one
    picture in each."""
    colours = class_colours(name for name, _ in classes)
    drawn = [_drawn(strip, colours) for strip in strips]
    cells = max(len(strip.cells) for strip in drawn)
    across = min(max(_COLUMNS // cells, 1), len(drawn))
    strip_width = cells * CELL + (cells - 1) * _GAP
    inner = max(across * strip_width + (across - 1) * _STRIP_GAP, 2 * CELL)
    head = _head(title, lines, classes, colours, inner)
    rows = [drawn[at : at + across] for at in range(0, len(drawn), across)]
    heights = [max(strip.height for strip in row) for row in rows]
    height = _MARGIN + head.height + sum(one + _STRIP_GAP for one in heights) + _MARGIN - _STRIP_GAP
    sheet = Image.new("RGB", (inner + 2 * _MARGIN, height), _PAPER)
    sheet.paste(head, (_MARGIN, _MARGIN))
    top = _MARGIN + head.height
    for row, row_height in zip(rows, heights, strict=True):
        for at, strip in enumerate(row):
            _place(sheet, strip, _MARGIN + at * (strip_width + _STRIP_GAP), top, strip_width)
        top += row_height + _STRIP_GAP
    return sheet


def _drawn(strip: Strip, colours: Mapping[str, Colour]) -> _Drawn:
    return _Drawn(strip.name, strip.words, tuple(_Cell(_boxed(one, colours), one.word) for one in strip.pictures))


def _boxed(picture: SheetPicture, colours: Mapping[str, Colour]) -> Image.Image:
    """The picture at its size on the sheet, with its boxes."""
    with Image.open(io.BytesIO(picture.data)) as opened:
        image = opened.convert("RGB")
    scale = max(CELL // max(image.size), 1)
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    image.thumbnail((CELL, CELL))
    factor = image.width / opened.width
    boxes = [_corners(one, factor) for one in picture.objects]
    fine = bool(boxes) and median(min(right - left, low - top) for left, top, right, low in boxes) < _FINE
    draw = ImageDraw.Draw(image, "RGBA")
    for one, (left, top, right, low) in zip(picture.objects, boxes, strict=True):
        if not fine:
            draw.rectangle((left - 1, top - 1, right + 1, low + 1), outline=_SHADE)
        draw.rectangle((left, top, right, low), outline=colours.get(one.class_name, _FAINT), width=1 if fine else 2)
    return image


def _corners(one: Seen, factor: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the box, in pixels that belong to it."""
    x, y, width, height = (side * factor for side in one.box)
    left, top = round(x), round(y)
    return left, top, max(round(x + width) - 1, left), max(round(y + height) - 1, top)


def _place(sheet: Image.Image, strip: _Drawn, left: int, top: int, width: int) -> None:
    draw = ImageDraw.Draw(sheet)
    bold, plain = font(15, bold=True), font(13)
    room = width - plain.getlength(strip.words) - 2 * _GAP
    draw.text((left, top), _cut(strip.name, bold, room), fill=_INK, font=bold)
    draw.text((left + width, top + 2), strip.words, _FAINT, plain, "ra")
    top += _CAPTION
    tallest = max(cell.image.height for cell in strip.cells)
    for at, cell in enumerate(strip.cells):
        x = left + at * (CELL + _GAP) + (CELL - cell.image.width) // 2
        sheet.paste(cell.image, (x, top + (tallest - cell.image.height) // 2))
        draw.text((left + at * (CELL + _GAP) + CELL / 2, top + tallest + 4), cell.word, _FAINT, plain, "ma")


def _head(
    title: str,
    lines: Sequence[str],
    classes: Sequence[tuple[str, int]],
    colours: Mapping[str, Colour],
    width: int,
) -> Image.Image:
    """Title, lines and legend, `width` pixels wide and as high as they take."""
    large, plain = font(26, bold=True), font(15)
    entries = [(name, f"{count:,}") for name, count in classes]
    places = list(_flow([_entry_width(*entry) for entry in entries], width))
    legend_top = 40 + 24 * len(lines) + 10
    rows = places[-1][1] + 1 if places else 0
    head = Image.new("RGB", (width, legend_top + 28 * rows + 18), _PAPER)
    draw = ImageDraw.Draw(head)
    draw.text((0, 0), _cut(title, large, width), fill=_INK, font=large)
    for at, line in enumerate(lines):
        draw.text((0, 40 + 24 * at), _cut(line, plain, width), fill=_FAINT, font=plain)
    for (name, count), (x, row) in zip(entries, places, strict=True):
        _entry(draw, x, legend_top + 28 * row, name, count, colours[name])
    draw.line((0, head.height - 12, width, head.height - 12), fill=(225, 228, 232))
    return head


_SWATCH, _ENTRY_GAP, _LONGEST_NAME = 16, 26, 240


def _entry(draw: ImageDraw.ImageDraw, x: int, y: int, name: str, count: str, colour: Colour) -> None:
    plain = font(15)
    shown = _cut(name, plain, _LONGEST_NAME)
    draw.rectangle((x, y + 1, x + _SWATCH, y + 1 + _SWATCH), fill=colour, outline=_EDGE)
    draw.text((x + _SWATCH + 8, y), shown, fill=_INK, font=plain)
    draw.text((x + _SWATCH + 8 + plain.getlength(shown) + 7, y), count, fill=_FAINT, font=plain)


def _entry_width(name: str, count: str) -> int:
    plain = font(15)
    shown = _cut(name, plain, _LONGEST_NAME)
    return round(_SWATCH + 8 + plain.getlength(shown) + 7 + plain.getlength(count)) + _ENTRY_GAP


def _flow(widths: Iterable[int], most: int) -> Iterator[tuple[int, int]]:
    """The left side and the row of each entry, in rows of at most `most` pixels."""
    x = row = 0
    for width in widths:
        if x and x + width > most:
            x, row = 0, row + 1
        yield x, row
        x += width


def _cut(text: str, font: Font, width: float) -> str:
    """The text as it can be printed, with its middle left out where it is longer than `width` pixels: file names differ
    at their ends."""
    text = printable(text)
    if font.getlength(text) <= width:
        return text
    kept = len(text)
    while kept > 1:
        kept -= 1
        shorter = f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
        if font.getlength(shorter) <= width:
            return shorter
    return "…"
