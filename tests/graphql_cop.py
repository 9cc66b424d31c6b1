"""graphql-cop's twelve checks, made anew after what version 1.15 sends and what it takes for a finding.

Where the tool looks at one place, the checks here look at its neighbours too: they never find less than it does.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_ALIASES = " ".join(f"alias{n}: __typename" for n in range(101))
_CIRCLE = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
_PAGES = ("/graphiql", "/playground", "/console", "/altair", "/voyager", "/graphql")
_EXPLORERS = ("graphiql", "graphql playground", "graphql-playground", "altair-graphql", "apollo-sandbox")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TEXT = {"Content-Type": "text/plain"}


@dataclass(frozen=True, slots=True)
class Suspect:
    """A GraphQL server at /graphql, as somebody who is signed in sees it."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]

    async def post(self, payload: object, **headers: str) -> Any:
        """What an operation, or a list of them, is answered with."""
        return _json(await self.http.post("/graphql", json=payload, headers={**self.headers, **headers}))

    async def ask(self, document: str) -> dict[str, Any]:
        answer = await self.post({"query": document})
        return answer if isinstance(answer, dict) else {}

    async def get(self, document: str) -> Any:
        return _json(await self.http.get("/graphql", params={"query": document}, headers=self.headers))


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _typename(answer: Any) -> bool:
    """Whether the operation was run, which asked for nothing but __typename."""
    return isinstance(answer, dict) and bool((answer.get("data") or {}).get("__typename"))


def _errors(answer: Any) -> list[dict[str, Any]]:
    return answer.get("errors") or [] if isinstance(answer, dict) else []


async def field_suggestions(suspect: Suspect) -> bool:
    """An error tells of names that were not asked for."""
    answers = [await suspect.ask(document) for document in ("{ __schema { directive } }", "{ __typenam }", "{ viewr }")]
    return any("did you mean" in error["message"].lower() for answer in answers for error in _errors(answer))


async def introspection(suspect: Suspect) -> bool:
    answer = await suspect.ask("query { __schema { types { name fields { name } } } }")
    return bool((answer.get("data") or {}).get("__schema"))


async def detect_graphiql(suspect: Suspect) -> bool:
    """A page to write queries in answers at one of the usual addresses."""
    for page in _PAGES:
        for accept in ("*/*", "text/html"):
            response = await suspect.http.get(page, headers={**suspect.headers, "Accept": accept})
            if any(name in response.text.lower() for name in _EXPLORERS):
                return True
    return False


async def get_method_support(suspect: Suspect) -> bool:
    """A query in an address is run: a link or a picture of another site can send it."""
    return _typename(await suspect.get("{ __typename }"))


async def alias_overloading(suspect: Suspect) -> bool:
    answer = await suspect.ask(f"query {{ {_ALIASES} }}")
    return bool((answer.get("data") or {}).get("alias100"))


async def batch_query(suspect: Suspect) -> bool:
    """A list of operations is run in one request."""
    answer = await suspect.post([{"query": "query { __typename }"}] * 11)
    return isinstance(answer, list) and len(answer) >= 10


async def trace_mode(suspect: Suspect) -> bool:
    """An answer tells how long its parts took, or where in the code it failed."""
    payloads = ({"query": document} for document in ("{ __typename }", "{ nothing }"))
    answers = [await suspect.post(payload, **{"X-Apollo-Tracing": "1"}) for payload in payloads]
    for answer in answers:
        places = [answer or {}, *_errors(answer)]
        if any({"tracing", "exception"} & (place.get("extensions") or {}).keys() for place in places):
            return True
    return any("stacktrace" in json.dumps(answer).lower() for answer in answers)


async def directive_overloading(suspect: Suspect) -> bool:
    """Each of ten directives on one field is looked at, and answered with an error of its own."""
    answer = await suspect.ask(f"query {{ __typename {'@aa' * 10} }}")
    return len(_errors(answer)) >= 10


async def circular_query_introspection(suspect: Suspect) -> bool:
    """Introspection is followed round in circles."""
    return bool((await suspect.ask(_CIRCLE)).get("data"))


async def get_based_mutation(suspect: Suspect) -> bool:
    return _typename(await suspect.get("mutation { __typename }"))


async def post_based_csrf(suspect: Suspect) -> bool:
    """An operation is run that a form of another site could send: not as JSON, so that no browser asks first."""
    query, payload = "query { __typename }", json.dumps({"query": "query { __typename }"})
    http, mine = suspect.http, suspect.headers
    responses = [
        await http.post("/graphql", params={"query": query}, headers=mine),
        await http.post("/graphql", data={"query": query}, headers={**mine, **_FORM}),
        await http.post("/graphql", content=payload, headers={**mine, **_FORM}),
        await http.post("/graphql", content=payload, headers={**mine, **_TEXT}),
        await http.post("/graphql", content=payload, headers=mine),
        await http.post("/graphql", files={"operations": (None, payload), "map": (None, "{}")}, headers=mine),
    ]
    return any(_typename(_json(response)) for response in responses)


async def unhandled_error_detection(suspect: Suspect) -> bool:
    """What is no GraphQL is answered with an exception of the server's."""
    response = await suspect.http.post("/graphql", json={"query": "qwerty cop { abc }"}, headers=suspect.headers)
    told = response.text.lower()
    return response.status_code >= 500 or '"exception"' in told or "traceback" in told


CHECKS: tuple[Callable[[Suspect], Awaitable[bool]], ...] = (
    field_suggestions,
    introspection,
    detect_graphiql,
    get_method_support,
    alias_overloading,
    batch_query,
    trace_mode,
    directive_overloading,
    circular_query_introspection,
    get_based_mutation,
    post_based_csrf,
    unhandled_error_detection,
)


async def findings(suspect: Suspect) -> set[str]:
    """The names of the checks that find something. Raises AssertionError where no GraphQL server answers."""
    assert _typename(await suspect.ask("query { __typename }")), "no GraphQL server answers at /graphql"
    return {check.__name__ for check in CHECKS if await check(suspect)}
