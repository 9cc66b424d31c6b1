"""What changed from one version to another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.models.version import DatasetVersion, Manifest, VersionAsset


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A setting that differs: its path in the contract's names, and its values as JSON, None where there is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ClassDelta:
    """A class and its annotations in both versions, as each version counts them: after its drops and renames."""

    name: str
    before: int
    after: int


class AssetChange(StrEnum):
    """MOVED is an image whose split changed, whether or not its annotations did too; RELABELLED one whose annotations
    alone changed."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    RELABELLED = "RELABELLED"
    MOVED = "MOVED"


@dataclass(frozen=True, slots=True)
class AnnotationDelta:
    """Numbers of annotations. `changed` are those that kept their id and not their content."""

    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class ChangedImage:
    """An image that differs between two manifests. `before` and `after` are its lines in them, from 0; None where it is
    not in."""

    sha256: str
    change: AssetChange
    before: int | None
    after: int | None
    annotations: AnnotationDelta


@dataclass(frozen=True, slots=True)
class DiffTotals:
    """Numbers of images and annotations, and of entries in the list of changed images."""

    assets_added: int
    assets_removed: int
    assets_kept: int
    assets_moved: int
    annotations: AnnotationDelta
    changed: int


@dataclass(frozen=True, slots=True)
class ManifestPair:
    """Two manifests of one team that are compared."""

    team_id: str
    before: Manifest
    after: Manifest


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What changed from `before` to `after`, but for the list of changed images."""

    before: DatasetVersion
    after: DatasetVersion
    manifests: ManifestPair
    totals: DiffTotals
    classes: tuple[ClassDelta, ...]
    settings: tuple[ConfigChange, ...]


@dataclass(frozen=True, slots=True)
class AssetDelta:
    """A changed image with what each version froze of it."""

    change: AssetChange
    before: VersionAsset | None
    after: VersionAsset | None
    annotations: AnnotationDelta
