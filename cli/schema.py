"""`agridrone schema`: the GraphQL schema in its definition language."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the schema that the API serves."""
    from resolvers.graphql import create_schema

    typer.echo(create_schema().as_str())
