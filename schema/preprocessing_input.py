"""What is done to every image, as it is asked for."""

from __future__ import annotations

import strawberry

from domain.errors import invalid
from domain.models import config as entities
from domain.models.config import ContrastMode, ResizeMode
from schema.inputs import given


@strawberry.input
class ResizeInput:
    width: int
    height: int
    mode: ResizeMode | None = ResizeMode.STRETCH

    def decode(self) -> entities.Resize:
        return entities.Resize(self.width, self.height, given(self.mode, ResizeMode.STRETCH))


@strawberry.input
class TileInput:
    rows: int
    columns: int
    overlap: float | None = 0
    min_visible: float | None = 0.3

    def decode(self) -> entities.Tile:
        return entities.Tile(self.rows, self.columns, float(given(self.overlap, 0.0)), given(self.min_visible, 0.3))


@strawberry.input
class ClassRenameInput:
    from_: str = strawberry.field(name="from")
    to: str

    def decode(self) -> entities.ClassRename:
        return entities.ClassRename(self.from_, self.to.strip())


@strawberry.input
class PreprocessingInput:
    auto_orient: bool | None = True
    resize: ResizeInput | None = None
    tile: TileInput | None = None
    grayscale: bool | None = False
    contrast: ContrastMode | None = None
    class_remap: list[ClassRenameInput] | None = None
    drop_classes: list[str] | None = None
    max_empty_fraction: float | None = strawberry.field(
        default=None,
        description="Of each split, so many pictures without an object are left out that at most this share of what "
        "remains has none, 0..1.",
    )

    def decode(self, *path: str) -> entities.Preprocessing:
        """Raises INVALID for an empty list; the preprocessing stands at `path` in the input."""
        for values, name in ((self.class_remap, "classRemap"), (self.drop_classes, "dropClasses")):
            if values is not None and not values:
                raise invalid("Name at least one class, or leave the list out.", *path, name)
        return entities.Preprocessing(
            auto_orient=given(self.auto_orient, True),
            resize=self.resize.decode() if self.resize else None,
            tile=self.tile.decode() if self.tile else None,
            grayscale=given(self.grayscale, False),
            contrast=self.contrast,
            # Sorted, so that the same choice in another order is the same input.
            class_remap=tuple(sorted((one.decode() for one in self.class_remap or ()), key=lambda one: one.source)),
            drop_classes=tuple(sorted(set(self.drop_classes or ()))),
            max_empty_fraction=self.max_empty_fraction,
        )
