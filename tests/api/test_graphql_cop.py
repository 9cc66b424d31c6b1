"""What an auditor of GraphQL servers finds: nothing in production, and much on a server as it comes."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from graphql_cop import CHECKS, Suspect, findings
from seeds import make_home
from stack import running_api, served


@strawberry.type
class Field:
    name: str
    neighbour: Field | None = None


@strawberry.type
class Query:
    @strawberry.field
    def viewer(self) -> Field:
        return Field(name="North block")


async def test_nothing_is_found_in_production(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> None:
    assert len(CHECKS) == 12
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, graphiql="off") as stack:
        home = await make_home(stack.database)
        assert await findings(Suspect(stack.http, stack.caller(home.owner).headers)) == set()


async def test_the_same_checks_find_much_on_a_server_as_it_comes() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    endpoint: GraphQL[None, None] = GraphQL(strawberry.Schema(Query))
    app = Starlette(routes=[Route("/graphql", endpoint, methods=["GET", "POST"])])
    async with served(app, listener), httpx.AsyncClient(base_url=address) as http:
        found = await findings(Suspect(http, {}))
    assert found >= {
        "field_suggestions",
        "introspection",
        "detect_graphiql",
        "get_method_support",
        "alias_overloading",
        "directive_overloading",
    }


async def test_in_development_only_what_serves_development_is_found(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, graphiql="on") as stack:
        home = await make_home(stack.database)
        found = await findings(Suspect(stack.http, stack.caller(home.owner).headers))
    assert {"introspection", "field_suggestions"} <= found
    assert found <= {"introspection", "field_suggestions", "circular_query_introspection", "detect_graphiql"}
