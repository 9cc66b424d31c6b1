"""Pascal VOC: an XML file a picture beside it, as Roboflow has it.

Corners are image coordinates: the left and top edges of the picture are 0, the right and bottom ones its width and
height. So labelImg and Roboflow write them, and datumaro and our own import take them as they stand. The challenge
itself counted pixels from 1, so that readers which follow its devkit (supervision, detectron2) take 1 from xmin and
ymin and find those two edges one pixel further out; nothing in a file can tell a reader which is meant. Decimals, to
0.01, occur in the challenge's own files of 2011 and 2012.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from domain.models.version import Split
from rendering.formats.dataset_format import FOLDERS, Corners, DatasetFormat
from rendering.labels import Label
from rendering.picture import Picture

# What XML 1.0 cannot hold, escaped or not (section 2.2, Char).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class PascalVoc(DatasetFormat):
    """Boxes."""

    layout = """\
Pascal VOC, boxes. The picture train/NAME.jpg has its labels in train/NAME.xml, and so for valid and test. xmin, ymin,
xmax and ymax are pixels from the picture's upper left corner, which is 0, 0. A reader that follows the challenge's own
devkit counts from 1 and takes 1 from xmin and ymin: tell it not to, or add 1 to what it read.
"""

    def labels(self, split: Split, stem: str, picture: Picture) -> Sequence[tuple[str, bytes]]:
        name = f"{stem}.jpg"
        lines = [
            "<annotation>",
            f"\t<folder>{FOLDERS[split]}</folder>",
            f"\t<filename>{_text(name)}</filename>",
            f"\t<path>{_text(name)}</path>",
            f"\t<source><database>{_text(self._title)}</database></source>",
            f"\t<size><width>{picture.width}</width><height>{picture.height}</height><depth>3</depth></size>",
            "\t<segmented>0</segmented>",
            *(_object(label, box) for label, box in self._boxes(split, picture)),
            "</annotation>",
        ]
        return [(f"{FOLDERS[split]}/{stem}.xml", "".join(f"{line}\n" for line in lines).encode())]

    def _documents(self) -> Iterator[tuple[str, bytes | Path]]:
        """Each picture has its own."""
        return iter(())


def _object(label: Label, box: Corners) -> str:
    tags = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    corners = "".join(f"<{tag}>{_number(value)}</{tag}>" for tag, value in tags)
    return (
        f"\t<object><name>{_text(label.class_name)}</name><pose>Unspecified</pose><truncated>0</truncated>"
        f"<difficult>0</difficult><occluded>0</occluded><bndbox>{corners}</bndbox></object>"
    )


def _number(value: float) -> str:
    return str(int(value) if value.is_integer() else value)


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), quote=False)
