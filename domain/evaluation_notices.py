"""What a reader of an evaluation should know beside its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from domain.lineage import Lineage
from domain.models.model import TrainedModel
from domain.models.version import DatasetVersion, Notice

UNKNOWN_LINEAGE, CLASS_NOT_IN_MODEL, CLASS_NOT_IN_VERSION = (
    "UNKNOWN_LINEAGE",
    "CLASS_NOT_IN_MODEL",
    "CLASS_NOT_IN_VERSION",
)
_OWN = (UNKNOWN_LINEAGE, CLASS_NOT_IN_MODEL, CLASS_NOT_IN_VERSION)


def lacking_classes(model: TrainedModel, version: DatasetVersion) -> tuple[str, ...]:
    """The version's classes that the model never learned."""
    return tuple(name for name in version.classes if name not in model.classes)


def notices_of(
    model: TrainedModel, version: DatasetVersion, lineage: Lineage, rendered: Iterable[Notice]
) -> tuple[Notice, ...]:
    """All of an evaluation's; `rendered` are those of the pictures, or all those of an evaluation on equal ones."""
    own = (*_lineage_notices(model, lineage), *_class_notices(model, version))
    return own + tuple(notice for notice in rendered if notice.code not in _OWN)


def _lineage_notices(model: TrainedModel, lineage: Lineage) -> list[Notice]:
    if lineage.known:
        return []
    text = (
        f"It is not known on which images {model.name}, or a model it came from, was trained; it may have seen more of "
        "these images than are counted."
    )
    return [Notice(UNKNOWN_LINEAGE, text, 1)]


def _class_notices(model: TrainedModel, version: DatasetVersion) -> list[Notice]:
    notices = []
    lacking = lacking_classes(model, version)
    if lacking:
        text = f"{model.name} never learned {', '.join(lacking)}; each of their objects counts as missed."
        notices.append(Notice(CLASS_NOT_IN_MODEL, text, len(lacking)))
    unused = tuple(name for name in model.classes if name not in version.classes)
    if unused:
        text = f"v{version.version} has no object of {', '.join(unused)}, which {model.name} knows."
        notices.append(Notice(CLASS_NOT_IN_VERSION, text, len(unused)))
    return notices
