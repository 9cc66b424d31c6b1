"""Counts and warnings that several types show."""

from __future__ import annotations

import strawberry

from domain.models.version import ClassCount as ClassCountEntity
from domain.models.version import Notice
from domain.models.version import SplitCounts as SplitCountsEntity


@strawberry.type
class ClassCount:
    name: str
    annotations: int
    images: int

    @classmethod
    def of(cls, count: ClassCountEntity) -> ClassCount:
        return cls(name=count.name, annotations=count.annotations, images=count.images)


@strawberry.type(
    description="Source images in each split. `trainAugmented`: training images as written, after tiling and "
    "augmentation; val and test are never augmented."
)
class SplitCounts:
    train: int
    val: int
    test: int
    train_augmented: int

    @classmethod
    def of(cls, counts: SplitCountsEntity) -> SplitCounts:
        return cls(train=counts.train, val=counts.val, test=counts.test, train_augmented=counts.train_augmented)


@strawberry.type(description="`code` as MISSING_CLASS_IN_SPLIT, SKIPPED_ANNOTATION, GROUP_TOO_LARGE, MOVED_SPLIT …")
class Warning:  # noqa: A001 - the contract's name
    code: str
    message: str
    count: int

    @classmethod
    def of(cls, notice: Notice) -> Warning:
        return cls(code=notice.code, message=notice.message, count=notice.count)
