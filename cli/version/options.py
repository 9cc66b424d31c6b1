"""Options of the commands on versions; what one leaves out is the server's own choice."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class GroupBy(StrEnum):
    """The contract's SplitGroup, as it is typed."""

    IMAGE = "image"
    UPLOAD_BATCH = "upload-batch"
    GPS_CELL = "gps-cell"
    SIMILAR = "similar"


class Contrast(StrEnum):
    """The contract's ContrastMode, as it is typed."""

    STRETCH = "stretch"
    HISTOGRAM = "histogram"
    ADAPTIVE = "adaptive"


class Preset(StrEnum):
    """The contract's AugmentationPreset, as it is typed."""

    NONE = "none"
    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"


class ExportAs(StrEnum):
    """The contract's ExportFormat, as it is typed."""

    YOLO = "yolo"
    YOLO_SEG = "yolo_seg"
    COCO = "coco"
    PASCAL_VOC = "pascal_voc"
    CREATEML = "createml"
    CSV = "csv"


class SplitName(StrEnum):
    """The contract's Split, as it is typed."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


_SPLITS, _PIXELS, _COPIES = "Splits", "Preprocessing", "Augmentation of the training images"
_CHOICE, _RUN = "Annotations and images", "Run"

VersionWord = Annotated[
    str, typer.Argument(metavar="VERSION", help="Its number, as 3 or v3, with --project; or its id.")
]
OfProject = Annotated[str | None, typer.Option("--project", help="The project's id, or its name; not for an id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, with the API's names, and no more.")]

Input = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE|-", help="A CreateVersionInput as JSON; the other options win over it."),
]
Name = Annotated[str | None, typer.Option("--name", help="<project>-v<number> unless set.")]
DisplayName = Annotated[str | None, typer.Option("--display-name", help="Shown beside the number.")]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Calls with one key and the same settings make one version, however often they come."),
]

Train = Annotated[float | None, typer.Option("--train", help="Share of the images.", rich_help_panel=_SPLITS)]
Val = Annotated[float | None, typer.Option("--val", help="Share of the images.", rich_help_panel=_SPLITS)]
Test = Annotated[float | None, typer.Option("--test", help="Share of the images.", rich_help_panel=_SPLITS)]
Grouping = Annotated[
    GroupBy | None,
    typer.Option("--group-by", help="What never falls into different splits.", rich_help_panel=_SPLITS),
]
Inherit = Annotated[
    bool | None,
    typer.Option("--inherit/--no-inherit", help="Images keep the split they had before.", rich_help_panel=_SPLITS),
]
KeepImported = Annotated[
    bool | None,
    typer.Option(
        "--keep-imported/--no-keep-imported",
        help="Splits that came with imported annotations win.",
        rich_help_panel=_SPLITS,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Of the draw of the splits.", rich_help_panel=_SPLITS)]

AutoOrient = Annotated[
    bool | None,
    typer.Option("--auto-orient/--no-auto-orient", help="Turn images upright.", rich_help_panel=_PIXELS),
]
Resize = Annotated[
    str | None,
    typer.Option(
        "--resize",
        metavar="WxH[:MODE]",
        help="In pixels, as 640x480, and how: stretch, fit-black, fit-white, fit-reflect, fit-within or "
        "fill-center-crop.",
        rich_help_panel=_PIXELS,
    ),
]
Tile = Annotated[
    str | None, typer.Option("--tile", metavar="RxC", help="Rows and columns, as 2x3.", rich_help_panel=_PIXELS)
]
Overlap = Annotated[
    float | None, typer.Option("--overlap", help="Share of a tile that the next has too.", rich_help_panel=_PIXELS)
]
MinVisible = Annotated[
    float | None,
    typer.Option("--min-visible", help="Share of an object that a tile must show.", rich_help_panel=_PIXELS),
]
Grayscale = Annotated[
    bool | None, typer.Option("--grayscale/--no-grayscale", help="Turn images grey.", rich_help_panel=_PIXELS)
]
ContrastChoice = Annotated[
    Contrast | None, typer.Option("--contrast", help="Raise the contrast this way.", rich_help_panel=_PIXELS)
]
DropClass = Annotated[
    list[str] | None,
    typer.Option("--drop-class", metavar="A", help="Leave a class out; may be given again.", rich_help_panel=_PIXELS),
]
RenameClass = Annotated[
    list[str] | None,
    typer.Option("--rename-class", metavar="A=B", help="Count A as B; may be given again.", rich_help_panel=_PIXELS),
]

MaxEmpty = Annotated[
    float | None,
    typer.Option("--max-empty", help="Share of images without an object at most, 0..1.", rich_help_panel=_PIXELS),
]

PresetChoice = Annotated[
    Preset | None,
    typer.Option("--preset", help="Values to start from; the options below win over it.", rich_help_panel=_COPIES),
]
Multiplier = Annotated[
    int | None, typer.Option("--multiplier", help="Images for each, itself included.", rich_help_panel=_COPIES)
]
HorizontalFlip = Annotated[bool | None, typer.Option("--flip-horizontal/--no-flip-horizontal", rich_help_panel=_COPIES)]
VerticalFlip = Annotated[bool | None, typer.Option("--flip-vertical/--no-flip-vertical", rich_help_panel=_COPIES)]
Rotate90 = Annotated[
    bool | None, typer.Option("--rotate90/--no-rotate90", help="By quarter turns.", rich_help_panel=_COPIES)
]
Rotation = Annotated[
    float | None, typer.Option("--rotation", help="Up to this many degrees either way.", rich_help_panel=_COPIES)
]
Shear = Annotated[
    float | None, typer.Option("--shear", help="Up to this many degrees either way.", rich_help_panel=_COPIES)
]
Crop = Annotated[float | None, typer.Option("--crop", help="Up to this share of either side.", rich_help_panel=_COPIES)]
Brightness = Annotated[
    float | None,
    typer.Option("--brightness", help="Up to this share of white either way.", rich_help_panel=_COPIES),
]
Exposure = Annotated[
    float | None, typer.Option("--exposure", help="Up to this share either way.", rich_help_panel=_COPIES)
]
Saturation = Annotated[
    float | None, typer.Option("--saturation", help="Up to this share either way.", rich_help_panel=_COPIES)
]
Hue = Annotated[
    float | None, typer.Option("--hue", help="Up to this many degrees either way.", rich_help_panel=_COPIES)
]
GreyShare = Annotated[
    float | None, typer.Option("--grey-share", help="Share of the copies that turn grey.", rich_help_panel=_COPIES)
]
Blur = Annotated[float | None, typer.Option("--blur", help="Up to this many pixels.", rich_help_panel=_COPIES)]
Noise = Annotated[
    float | None, typer.Option("--noise", help="Up to this share of the pixels.", rich_help_panel=_COPIES)
]
Cutouts = Annotated[
    str | None,
    typer.Option(
        "--cutouts",
        metavar="COUNTxSIZE",
        help="Black boxes, and their sides as a share of the image's, as 4x0.1.",
        rich_help_panel=_COPIES,
    ),
]
AugmentationSeed = Annotated[int | None, typer.Option("--augmentation-seed", rich_help_panel=_COPIES)]

Classes = Annotated[
    list[str] | None,
    typer.Option("--class", help="Only this class; may be given again.", rich_help_panel=_CHOICE),
]
MinConfidence = Annotated[
    float | None,
    typer.Option("--min-confidence", help="Annotations without a confidence pass.", rich_help_panel=_CHOICE),
]
VerifiedOnly = Annotated[bool | None, typer.Option("--verified-only/--no-verified-only", rich_help_panel=_CHOICE)]
IncludeManual = Annotated[bool | None, typer.Option("--include-manual/--no-include-manual", rich_help_panel=_CHOICE)]
IncludeSam3 = Annotated[
    bool | None,
    typer.Option("--include-sam3/--no-include-sam3", help="SAM3's, unreviewed too.", rich_help_panel=_CHOICE),
]
IncludeAi = Annotated[
    bool | None,
    typer.Option("--include-ai/--no-include-ai", help="The models', unreviewed too.", rich_help_panel=_CHOICE),
]
Batches = Annotated[
    list[str] | None,
    typer.Option("--batch", help="Only the upload batch of this id; may be given again.", rich_help_panel=_CHOICE),
]
IncludeEmpty = Annotated[
    bool | None,
    typer.Option("--include-empty/--no-include-empty", help="Images without annotations too.", rich_help_panel=_CHOICE),
]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what it would be, and make nothing.", rich_help_panel=_RUN)
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="End when the version is ordered.", rich_help_panel=_RUN)]

IncludeArchived = Annotated[bool, typer.Option("--archived", help="List archived versions too.")]
AllImages = Annotated[
    bool, typer.Option("--all", help="List all changed images, not the first ones alone; --json always does.")
]
SheetFile = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="A .png or .jpg file; one that is there is replaced.")
]
SheetImages = Annotated[int, typer.Option("--images", min=1, max=1000, help="So many, spread evenly over all.")]
SheetCopies = Annotated[
    int, typer.Option("--copies", min=1, max=9, help="Augmented copies of each at most, of those that there are.")
]
SheetSplit = Annotated[SplitName | None, typer.Option("--split", help="Only images of this split.")]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Made where it is not there.")]
FormatChoice = Annotated[
    ExportAs | None,
    typer.Option(
        "--format", case_sensitive=False, help="Fetch its pictures as they are rendered, as one zip file of this form."
    ),
]
