"""The picture that shows what the model found, beside what is really there."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from cli.demo.score import Score, matches

_CELL = (640, 480)
_GAP = 12
_HEADER, _FOOTER = 64, 52
_PAPER, _INK = (250, 250, 247), (34, 40, 36)
_TRUE, _MISSED = (255, 255, 255), (255, 64, 48)
_FOUND = ((64, 224, 255), (255, 96, 208), (255, 176, 32), (150, 255, 90), (180, 150, 255))


def draw_findings(
    images: Sequence[LabelledImage], found: Sequence[Sequence[Box]], total: Score, caption: str, path: Path
) -> None:
    """Writes a JPEG: each image with its true boxes in white (missed ones in red) and the found ones in colour.

    `found` has the boxes of each image, in pixels of that image. Raises OSError when the file cannot be written.
    """
    columns = min(3, len(images))
    rows = -(-len(images) // columns)
    width = columns * (_CELL[0] + _GAP) + _GAP
    height = _HEADER + rows * (_CELL[1] + _GAP) + _FOOTER
    sheet = Image.new("RGB", (width, height), _PAPER)
    labels = sorted(
        {box.label for image in images for box in image.boxes} | {box.label for row in found for box in row}
    )
    colours = {label: _FOUND[index % len(_FOUND)] for index, label in enumerate(labels)}
    for index, (image, boxes) in enumerate(zip(images, found, strict=True)):
        cell = _cell(image, boxes, colours)
        left = _GAP + index % columns * (_CELL[0] + _GAP)
        sheet.paste(cell, (left, _HEADER + index // columns * (_CELL[1] + _GAP)))
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 16), caption, fill=_INK, font=ImageFont.load_default(28))
    text = f"F1 {total.f1:.2f} at IoU 0.5: {total.right} right, {total.wrong} false, {total.missed} missed"
    draw.text((width - _GAP, 18), text, fill=_INK, font=ImageFont.load_default(24), anchor="ra")
    _legend(draw, height - _FOOTER + 10, colours)
    sheet.save(path, "JPEG", quality=90)


def _cell(image: LabelledImage, found: Sequence[Box], colours: dict[str, tuple[int, int, int]]) -> Image.Image:
    original = ImageOps.exif_transpose(Image.open(BytesIO(image.read()))).convert("RGB")
    view = ImageOps.contain(original, _CELL)
    scale = view.width / original.width
    cell = Image.new("RGB", _CELL, (20, 24, 20))
    left, top = (_CELL[0] - view.width) // 2, (_CELL[1] - view.height) // 2
    cell.paste(view, (left, top))
    draw = ImageDraw.Draw(cell)

    def edges(box: Box, margin: int) -> tuple[float, float, float, float]:
        x, y = left + box.x * scale - margin, top + box.y * scale - margin
        return x, y, x + box.width * scale + 2 * margin, y + box.height * scale + 2 * margin

    reached = {id(true) for _, true in matches(found, image.boxes)}
    for box in image.boxes:
        # A little outside the plant, so that a perfect finding does not cover the truth.
        draw.rectangle(edges(box, 4), outline=_TRUE if id(box) in reached else _MISSED, width=2)
    for box in found:
        draw.rectangle(edges(box, 0), outline=colours[box.label], width=3)
    for box in found:
        _tag(draw, edges(box, 0), f"{box.label} {box.confidence:.2f}", colours[box.label])
    return cell


def _tag(
    draw: ImageDraw.ImageDraw, edges: tuple[float, float, float, float], text: str, colour: tuple[int, int, int]
) -> None:
    font = ImageFont.load_default(14)
    width = draw.textlength(text, font) + 8
    x, y = max(0.0, min(edges[0], _CELL[0] - width)), max(0.0, edges[1] - 18)
    draw.rectangle((x, y, x + width, y + 18), fill=colour)
    draw.text((x + 4, y + 1), text, fill=(0, 0, 0), font=font)


def _legend(draw: ImageDraw.ImageDraw, top: int, colours: dict[str, tuple[int, int, int]]) -> None:
    entries = {"true box": _TRUE, "missed": _MISSED} | {f"found: {label}": colour for label, colour in colours.items()}
    font, left = ImageFont.load_default(20), float(_GAP)
    for text, colour in entries.items():
        draw.rectangle((left, top, left + 30, top + 26), fill=(70, 92, 60))
        draw.rectangle((left + 5, top + 5, left + 25, top + 21), outline=colour, width=3)
        draw.text((left + 38, top + 1), text, fill=_INK, font=font)
        left += 38 + draw.textlength(text, font) + 32
