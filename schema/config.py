"""The settings that a version froze, but for its augmentation."""

from __future__ import annotations

import strawberry

from domain.models import config as entities
from domain.models.config import ContrastMode, ResizeMode, SplitGroup

strawberry.enum(
    ResizeMode,
    description="All but STRETCH keep the proportions. FIT_BLACK, FIT_WHITE and FIT_REFLECT show the picture whole and "
    "centred, and fill what is left; FIT_WITHIN fills nothing, so that one side may be shorter than asked. "
    "FILL_CENTER_CROP covers the target and cuts off what is beyond it.",
)
strawberry.enum(
    ContrastMode,
    description="STRETCH spreads the 2nd to 98th percentile of the luminance over all its values, HISTOGRAM evens its "
    "histogram out, ADAPTIVE does so in 8 × 8 neighbourhoods (CLAHE).",
)
strawberry.enum(
    SplitGroup,
    description="SIMILAR groups near-identical images, by perceptual hash; GPS_CELL those taken within about a hundred "
    "metres.",
)


@strawberry.type
class Resize:
    width: int
    height: int
    mode: ResizeMode


@strawberry.type(
    description="`minVisible`: a tile keeps an annotation when at least this share of its area lies inside the tile."
)
class Tile:
    rows: int
    columns: int
    overlap: float
    min_visible: float


@strawberry.type
class ClassRename:
    from_: str = strawberry.field(name="from")
    to: str


@strawberry.type
class PreprocessingConfig:
    auto_orient: bool
    resize: Resize | None
    tile: Tile | None
    grayscale: bool
    contrast: ContrastMode | None
    class_remap: list[ClassRename] = strawberry.field(
        description="Annotations of the class `from` count as `to`; after dropClasses."
    )
    drop_classes: list[str] = strawberry.field(
        description="Annotations of these classes, by the names they bear in the project, are left out."
    )
    max_empty_fraction: float | None = strawberry.field(
        description="Of each split, so many pictures without an object are left out that at most this share of what "
        "remains has none, 0..1; null leaves none out."
    )

    @classmethod
    def of(cls, config: entities.Preprocessing) -> PreprocessingConfig:
        resize, tile = config.resize, config.tile
        return cls(
            auto_orient=config.auto_orient,
            resize=Resize(width=resize.width, height=resize.height, mode=resize.mode) if resize else None,
            tile=Tile(rows=tile.rows, columns=tile.columns, overlap=tile.overlap, min_visible=tile.min_visible)
            if tile
            else None,
            grayscale=config.grayscale,
            contrast=config.contrast,
            class_remap=[ClassRename(from_=one.source, to=one.target) for one in config.class_remap],
            drop_classes=list(config.drop_classes),
            max_empty_fraction=config.max_empty_fraction,
        )


@strawberry.type(
    description="How images fall into splits. Tiles and augmented copies always follow their source image."
)
class SplitConfig:
    train: float
    val: float
    test: float
    group_by: SplitGroup = strawberry.field(description="Images that share a group never fall into different splits.")
    inherit: bool = strawberry.field(
        description="Each image (by SHA-256) keeps the split of its latest appearance in a version of the project. A "
        "group with a TRAIN member goes to TRAIN, else one with a VAL member to VAL; moves are warned of."
    )
    keep_imported: bool = strawberry.field(
        description="Splits that came with an imported data set win over everything."
    )
    seed: int

    @classmethod
    def of(cls, config: entities.SplitConfig) -> SplitConfig:
        return cls(
            train=config.train,
            val=config.val,
            test=config.test,
            group_by=config.group_by,
            inherit=config.inherit,
            keep_imported=config.keep_imported,
            seed=config.seed,
        )


@strawberry.type
class SnapshotFilters:
    weed_types: list[str] | None
    min_confidence: float | None
    verified_only: bool
    include_manual: bool
    include_sam3: bool = strawberry.field(name="includeSAM3")
    include_ai_detections: bool = strawberry.field(name="includeAIDetections")
    upload_batch_ids: list[strawberry.ID] | None
    include_empty: bool = strawberry.field(
        description="Also freeze images that have no annotation left under the filters (background images)."
    )

    @classmethod
    def of(cls, filters: entities.SnapshotFilters) -> SnapshotFilters:
        batches = filters.upload_batch_ids
        return cls(
            weed_types=list(filters.weed_types) if filters.weed_types is not None else None,
            min_confidence=filters.min_confidence,
            verified_only=filters.verified_only,
            include_manual=filters.include_manual,
            include_sam3=filters.include_sam3,
            include_ai_detections=filters.include_ai_detections,
            upload_batch_ids=[strawberry.ID(one) for one in batches] if batches is not None else None,
            include_empty=filters.include_empty,
        )
