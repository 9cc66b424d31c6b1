"""The settings that a version freezes: preprocessing, augmentation, splits, filters."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class ResizeMode(StrEnum):
    STRETCH = "STRETCH"


class SplitGroup(StrEnum):
    """Images that share a group never fall into different splits."""

    IMAGE = "IMAGE"
    UPLOAD_BATCH = "UPLOAD_BATCH"
    GPS_CELL = "GPS_CELL"
    SIMILAR = "SIMILAR"


@dataclass(frozen=True, slots=True)
class Resize:
    """Target size in pixels, 16..8,192 a side."""

    width: int
    height: int
    mode: ResizeMode = ResizeMode.STRETCH


@dataclass(frozen=True, slots=True)
class Tile:
    """A grid of 1..16 `rows` × `columns`. `overlap` is the share of a tile's side that it has in common with its
    neighbour,
    0..0.9; a tile keeps an object when at least `min_visible` (0..1) of the object's area lies inside the tile."""

    rows: int
    columns: int
    overlap: float = 0.0
    min_visible: float = 0.3


@dataclass(frozen=True, slots=True)
class ClassRename:
    """Annotations of the class `source` count as `target`."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Applied to every image in this order: orientation, class drop (by the annotated names) and remap, tile, resize.
    With `auto_orient` off the pixels stay as stored."""

    auto_orient: bool = True
    resize: Resize | None = None
    tile: Tile | None = None
    class_remap: tuple[ClassRename, ...] = ()
    drop_classes: tuple[str, ...] = ()

    @property
    def tiles(self) -> int:
        """Output images per source image, before augmentation."""
        return self.tile.rows * self.tile.columns if self.tile else 1

    @property
    def class_names(self) -> dict[str, str | None]:
        """What an annotated name becomes, where it changes: another name, or None when its annotations are dropped."""
        renamed: dict[str, str | None] = {one.source: one.target for one in self.class_remap}
        return renamed | dict.fromkeys(self.drop_classes)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Applied to training images only: the source and `multiplier` - 1 copies. `rotation` is degrees either way,
    0..45."""

    multiplier: int = 1
    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotate90: bool = False
    rotation: float = 0.0
    seed: int = 0

    @property
    def has_steps(self) -> bool:
        return self.horizontal_flip or self.vertical_flip or self.rotate90 or self.rotation > 0


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """Shares of the images for each split; they sum to 1 ± 1e-6."""

    train: float = 0.8
    val: float = 0.15
    test: float = 0.05
    group_by: SplitGroup = SplitGroup.IMAGE
    inherit: bool = True
    keep_imported: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotFilters:
    """Which annotations count. None means no restriction."""

    weed_types: tuple[str, ...] | None = None
    min_confidence: float | None = None
    verified_only: bool = False
    include_manual: bool = True
    include_sam3: bool = False
    include_ai_detections: bool = False
    upload_batch_ids: tuple[str, ...] | None = None
    include_empty: bool = False


@dataclass(frozen=True, slots=True)
class VersionConfig:
    """All four, as one version freezes them."""

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augmentation: Augmentation = field(default_factory=Augmentation)
    splits: SplitConfig = field(default_factory=SplitConfig)
    filters: SnapshotFilters = field(default_factory=SnapshotFilters)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready form, the same for equal configurations."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> VersionConfig:
        """The inverse of `to_json`."""
        return cls(
            preprocessing=preprocessing_from_json(data["preprocessing"]),
            augmentation=Augmentation(**data["augmentation"]),
            splits=SplitConfig(**{**data["splits"], "group_by": SplitGroup(data["splits"]["group_by"])}),
            filters=_filters_from_json(data["filters"]),
        )


def preprocessing_from_json(data: dict[str, Any]) -> Preprocessing:
    """The inverse of `dataclasses.asdict` on a Preprocessing."""
    resize, tile = data.get("resize"), data.get("tile")
    return Preprocessing(
        auto_orient=data.get("auto_orient", True),
        resize=Resize(**{**resize, "mode": ResizeMode(resize["mode"])}) if resize else None,
        tile=Tile(**tile) if tile else None,
        class_remap=tuple(ClassRename(**one) for one in data.get("class_remap") or ()),
        drop_classes=tuple(data.get("drop_classes") or ()),
    )


def _filters_from_json(data: dict[str, Any]) -> SnapshotFilters:
    lists = {
        name: tuple(data[name]) if data.get(name) is not None else None for name in ("weed_types", "upload_batch_ids")
    }
    return SnapshotFilters(**{**data, **lists})
