"""A server of the same kind whose fields return what is in memory: `python -m bench.api_peer ANSWER PORT`, where ANSWER
is a file with the answer that ours gave."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.utils.str_converters import to_camel_case

_CACHED = 512


@strawberry.type
class ClassCount:
    name: str
    annotations: int
    images: int


@strawberry.type
class SplitCounts:
    train: int
    val: int
    test: int


@strawberry.type
class Metrics:
    map50: float = strawberry.field(name="mAP50")
    map5095: float = strawberry.field(name="mAP5095")
    precision: float
    recall: float


@strawberry.type
class Model:
    id: strawberry.ID
    name: str
    created_at: datetime
    deployed: bool
    metrics: Metrics | None


@strawberry.type
class Config:
    base_model: str
    epochs: int
    batch_size: int
    image_size: int


@strawberry.type
class Job:
    id: strawberry.ID
    status: str
    epoch: int
    progress: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    config: Config
    model: Model | None


@strawberry.type
class Jobs:
    nodes: list[Job]


@strawberry.type
class Version:
    id: strawberry.ID
    version: int
    display_name: str | None
    status: str
    created_at: datetime
    image_count: int
    annotation_count: int
    class_counts: list[ClassCount]
    split_counts: SplitCounts
    latest_model: Model | None
    jobs: strawberry.Private[Jobs]

    @strawberry.field
    def training_jobs(self, first: int) -> Jobs:
        return self.jobs


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Versions:
    nodes: list[Version]
    page_info: PageInfo


@strawberry.type
class Project:
    listed: strawberry.Private[Versions]

    @strawberry.field
    def versions(self, first: int) -> Versions:
        return self.listed


@strawberry.type
class Query:
    @strawberry.field
    def project(self, info: strawberry.Info[dict[str, Any], None], id: strawberry.ID) -> Project:  # noqa: A002
        project: Project = info.context["project"]
        return project


_NAMES = {"map50": "mAP50", "map5095": "mAP5095", "jobs": "trainingJobs", "listed": "versions"}
"""Of fields whose names in the answer do not follow from their own."""


def _made(kind: Any, data: Any) -> Any:
    """The value of that type which the answer tells of."""
    if data is None:
        return None
    of = [one for one in get_args(kind) if one is not type(None)]
    if of:
        return [_made(of[0], one) for one in data] if isinstance(data, list) else _made(of[0], data)
    if isinstance(kind, type) and is_dataclass(kind):
        held, hints = [field.name for field in fields(kind) if field.init], get_type_hints(kind)
        told = {name: data.get(_NAMES.get(name) or to_camel_case(name)) for name in held}
        return kind(**{name: _made(hints[name], value) for name, value in told.items()})
    return datetime.fromisoformat(data) if kind is datetime else data


class _Endpoint(GraphQL[dict[str, Any], None]):
    project: Project

    async def get_context(self, request: object, response: object) -> dict[str, Any]:
        return {"project": self.project}


def main(answer: Path, port: int) -> None:
    """Serves until it is killed."""
    schema = strawberry.Schema(
        query=Query, extensions=[partial(ParserCache, _CACHED), partial(ValidationCache, _CACHED)]
    )
    endpoint = _Endpoint(schema, graphql_ide=None)
    endpoint.project = _made(Project, orjson.loads(answer.read_bytes())["data"]["project"])
    app = Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
