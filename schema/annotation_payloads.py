"""What mutations on annotations answer with."""

from __future__ import annotations

from dataclasses import field

import strawberry

from schema.annotations import Annotation
from schema.payload import Payload
from schema.projects import Project
from schema.scalars import BigInt


@strawberry.type
class AnnotationsPayload(Payload):
    annotations: list[Annotation] = field(default_factory=list)


@strawberry.type
class AnnotationPayload(Payload):
    annotation: Annotation | None = None


@strawberry.type(description="`changed` counts the annotations, drawn and pending, that bear the new name now.")
class RenameClassPayload(Payload):
    project: Project | None = None
    changed: int = 0


@strawberry.type(description="`annotations` are those that were made, the first 1,000 of them.")
class ReviewPayload(Payload):
    accepted: int = 0
    rejected: int = 0
    annotations: list[Annotation] = field(default_factory=list)


@strawberry.type(description="A time-limited address of the file, and how many annotations are in it.")
class FilePayload(Payload):
    url: str | None = None
    size_bytes: BigInt | None = None
    count: int = 0
