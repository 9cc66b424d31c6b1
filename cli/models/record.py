"""Models as the API tells them, and the one that a command means."""

from __future__ import annotations

from typing import Any

from cli.client import Client
from cli.misuse import MisuseError
from cli.project_choice import choose_project

METRICS = "metrics { mAP50 mAP5095 precision recall perClass { name ap50 ap5095 precision recall instances } }"
WARNINGS = "warnings { code message count }"
EVALUATION = f"""
id status split failureReason seenImages createdAt {METRICS} {WARNINGS}
version {{ id version name }} model {{ id name }}
"""
_SUMMARY = """
id name baseModel classes sizeBytes sha256 createdAt deployed imported
version { id version name } metrics { mAP50 mAP5095 precision recall }
"""
_MODEL = f"""
{_SUMMARY}
project {{ id name }}
trainingJob {{ id }}
parent {{ id name }}
children {{ id name }}
{METRICS}
evaluations {{ {EVALUATION} }}
weightsUrl
files {{ name url sizeBytes sha256 }}
plots {{ name url }}
"""
READ = f"query ($id: ID!) {{ model(id: $id) {{ {_MODEL} }} }}"
LIST = f"""
query ($id: ID!, $after: String) {{
  project(id: $id) {{
    models(first: 200, after: $after) {{ nodes {{ {_SUMMARY} }} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}
"""
EVALUATE = f"""
mutation ($modelId: ID!, $versionId: ID!, $split: Split!) {{
  evaluateModel(modelId: $modelId, versionId: $versionId, split: $split) {{
    evaluation {{ {EVALUATION} }} userErrors {{ code message field }}
  }}
}}
"""
EVALUATED = f"query ($id: ID!) {{ node(id: $id) {{ ... on ModelEvaluation {{ {EVALUATION} }} }} }}"
_SUFFIX = ".pt"


async def read_model(client: Client, model_id: str) -> dict[str, Any]:
    """All that the API tells of a model. Raises ApiError."""
    model: dict[str, Any] = await client.call_again(READ, id=model_id)
    return model


async def list_models(client: Client, project_id: str) -> list[dict[str, Any]]:
    """The models of a project, newest first. Raises ApiError."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await client.call_again(LIST, id=project_id, after=after))["models"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def choose_model(client: Client, wanted: str, project: str | None) -> str:
    """The id of the model of that name in the project of that id or name; what is no name ends in no `.pt`, and is an
    id already. Raises MisuseError, ProjectChoiceError, ApiError."""
    if project is None:
        if wanted.endswith(_SUFFIX):
            raise MisuseError(f"{wanted} is a name, which every project may have: name the project by --project.")
        return wanted
    chosen = await choose_project(client, project)
    for model in await list_models(client, chosen.id):
        if wanted in (model["name"], model["name"].removesuffix(_SUFFIX)):
            return str(model["id"])
    if wanted.endswith(_SUFFIX):
        raise MisuseError(f"{chosen.name} has no model {wanted}; `agridrone models list` shows those there are.")
    return wanted
