"""The settings that a version freezes: preprocessing, augmentation, splits, filters."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class ResizeMode(StrEnum):
    """How a picture comes to its target size; all but STRETCH keep its proportions.

    FIT_BLACK, FIT_WHITE and FIT_REFLECT show it whole and centred, and fill what is left; FIT_WITHIN fills nothing, so
    that one side may be shorter than asked. FILL_CENTER_CROP covers the target and cuts off what is beyond it.
    """

    STRETCH = "STRETCH"
    FIT_BLACK = "FIT_BLACK"
    FIT_WHITE = "FIT_WHITE"
    FIT_REFLECT = "FIT_REFLECT"
    FIT_WITHIN = "FIT_WITHIN"
    FILL_CENTER_CROP = "FILL_CENTER_CROP"


class ContrastMode(StrEnum):
    """STRETCH spreads the 2nd to 98th percentile of the luminance over all its values, HISTOGRAM evens its histogram
    out, ADAPTIVE does so in 8 × 8 neighbourhoods (CLAHE)."""

    STRETCH = "STRETCH"
    HISTOGRAM = "HISTOGRAM"
    ADAPTIVE = "ADAPTIVE"


class AugmentationPreset(StrEnum):
    """Names of the augmentations in domain.augmentation_presets."""

    NONE = "NONE"
    LIGHT = "LIGHT"
    MEDIUM = "MEDIUM"
    HEAVY = "HEAVY"


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
    """Applied to every image in this order: orientation, class drop (by the annotated names) and remap, tile, resize,
    greyscale, contrast. With `auto_orient` off the pixels stay as stored. In the end, of each split, so many pictures
    without an object are left out that at most `max_empty_fraction` (0..1) of what remains has none."""

    auto_orient: bool = True
    resize: Resize | None = None
    tile: Tile | None = None
    grayscale: bool = False
    contrast: ContrastMode | None = None
    class_remap: tuple[ClassRename, ...] = ()
    drop_classes: tuple[str, ...] = ()
    max_empty_fraction: float | None = None

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
    """Applied to training images only, after preprocessing: the picture and `multiplier` - 1 copies.

    `preset` says where the values came from; they stand here in full. Each copy takes a random part of each step:

    `rotation` and `shear` are degrees either way, 0..45, `crop` the share of either side cut off at most, 0..0.9.
    `brightness` (added, as a share of white), `exposure` and `saturation` (factors) are shares either way, 0..0.99,
    `hue` degrees either way, 0..180, `grayscale` the share of the copies that turn grey, 0..1. `blur` is the standard
    deviation of a Gaussian in pixels at most, 0..25, `noise` the share of the pixels that turn black or white at most,
    0..0.25. `cutout_count` black boxes, 0..25, have sides of `cutout_size` of the picture's, 0..1.
    """

    preset: AugmentationPreset | None = None
    multiplier: int = 1
    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotate90: bool = False
    rotation: float = 0.0
    shear: float = 0.0
    crop: float = 0.0
    brightness: float = 0.0
    exposure: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    grayscale: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    cutout_count: int = 0
    cutout_size: float = 0.0
    seed: int = 0

    @property
    def has_steps(self) -> bool:
        """Whether a copy can differ from its source."""
        turns = self.horizontal_flip or self.vertical_flip or self.rotate90
        amounts = (
            *(self.rotation, self.shear, self.crop, self.brightness, self.exposure, self.saturation),
            *(self.hue, self.grayscale, self.blur, self.noise, self.cutout_count * self.cutout_size),
        )
        return turns or any(amount > 0 for amount in amounts)


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
            augmentation=augmentation_from_json(data["augmentation"]),
            splits=SplitConfig(**{**data["splits"], "group_by": SplitGroup(data["splits"]["group_by"])}),
            filters=_filters_from_json(data["filters"]),
        )


def preprocessing_from_json(data: dict[str, Any]) -> Preprocessing:
    """The inverse of `dataclasses.asdict` on a Preprocessing."""
    resize, tile, contrast = data.get("resize"), data.get("tile"), data.get("contrast")
    return Preprocessing(
        auto_orient=data.get("auto_orient", True),
        resize=Resize(**{**resize, "mode": ResizeMode(resize["mode"])}) if resize else None,
        tile=Tile(**tile) if tile else None,
        grayscale=data.get("grayscale", False),
        contrast=ContrastMode(contrast) if contrast else None,
        class_remap=tuple(ClassRename(**one) for one in data.get("class_remap") or ()),
        drop_classes=tuple(data.get("drop_classes") or ()),
        max_empty_fraction=data.get("max_empty_fraction"),
    )


def augmentation_from_json(data: dict[str, Any]) -> Augmentation:
    """The inverse of `dataclasses.asdict` on an Augmentation."""
    preset = data.get("preset")
    return Augmentation(**{**data, "preset": AugmentationPreset(preset) if preset else None})


def _filters_from_json(data: dict[str, Any]) -> SnapshotFilters:
    lists = {
        name: tuple(data[name]) if data.get(name) is not None else None for name in ("weed_types", "upload_batch_ids")
    }
    return SnapshotFilters(**{**data, **lists})
