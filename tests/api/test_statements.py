"""How often a page asks the database does not depend on how much it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from listed_versions import Shown, add_copies, add_projects, add_shown
from seeds import Home, make_home
from stack import Caller, Stack

PAGES = Path(__file__).parents[2] / "web" / "src" / "pages"
WHOLE = """query Whole($id: ID!) { project(id: $id) {
  viewerRole versionCount nextVersionNumber totalImages totalAnnotations classCounts { name annotations images }
  activeModel { id name deployed }
  deployments(first: 5) { nodes { id status model { id name } deployedBy { name } } totalCount }
  versions(first: 50) { totalCount nodes {
    id version classCounts { name annotations } project { name }
    trainingJobs(first: 5) { totalCount nodes {
      id status queuePosition eventCursor logTail(lines: 5) epochs { epoch } createdBy { name } version { version }
      model { id name metrics { mAP50 } parent { id } children { id } deployed } } }
    latestModel { id name deployed evaluations { id status version { version } } trainingJob { id } }
    exports { id url } lastCheck { id status } createdBy { id name teams { role team { name } } apiTokens { id } }
    identicalTo { id version } eventCursor
    assets(first: 2, split: TRAIN) { totalCount nodes { filename asset { id thumbnailUrl annotations { id }
      versions { version } uploadBatch { name } } } }
  } }
} }"""


def shown_by(path: str, name: str) -> str:
    """The document that the front end sends, out of its source."""
    found = re.search(rf"graphql\(`(\s*query {name}\b[^`]*)`", (PAGES / path).read_text())
    assert found, f"{path} has no query {name}"
    return found[1]


LISTED = """query Listed($id: ID!) { project(id: $id) {
  deployments(first: 10) { nodes { id status model { name } } }
  versions(first: 50) { nodes {
    id version status classCounts { name annotations images }
    trainingJobs(first: 5) { nodes { id status model { id name metrics { mAP50 } } } }
    latestModel { id name deployed metrics { mAP50 } }
  } }
} }"""


@contextmanager
def asked(api: Stack) -> Iterator[list[str]]:
    """What the API asks of its database meanwhile, but for what begins and ends transactions."""
    heard: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not re.match(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET ", statement):
            heard.append(statement)

    engine = api.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


async def answer_and_count(api: Stack, caller: Caller, document: str, **variables: Any) -> tuple[Any, int]:
    """The data, and how many statements they took beyond the sign-in's."""
    with asked(api) as sign_in:
        await caller.data("{ __typename }")
    with asked(api) as heard:
        answer = await caller.ask(document, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"], len(heard) - len(sign_in)


@pytest.fixture
async def home(any_api: Stack) -> Home:
    return await make_home(any_api.database)


@pytest.fixture
async def shown(any_api: Stack, home: Home) -> Shown:
    return await add_shown(any_api.database, home)


async def test_versions_take_as_many_statements_for_fifty_as_for_five(any_api: Stack, home: Home, shown: Shown) -> None:
    page = shown_by("versions/VersionCards.tsx", "VersionsPage")
    counts: dict[str, list[int]] = {LISTED: [], WHOLE: [], page: []}
    for numbers in (range(2, 6), range(6, 51)):
        await add_copies(any_api.database, shown, numbers)
        for document, found in counts.items():
            more = {"includeArchived": False} if document == page else {}
            answer, count = await answer_and_count(
                any_api, any_api.caller(home.owner), document, id=home.project.id, **more
            )
            found.append(count)
            most = 20 if document == page else 50
            assert len(answer["project"]["versions"]["nodes"]) == min(numbers[-1], most)
    for few, many in counts.values():
        assert few == many
    assert counts[LISTED][0] <= 8
    # One for each table that the cards show something of: the project with the caller's role, versions, people, equal
    # versions, models, checks, trainings, event streams, frozen images, and images.
    assert counts[page][0] <= 10


async def test_projects_take_as_many_statements_for_thirty_as_for_three(
    any_api: Stack, home: Home, shown: Shown
) -> None:
    document = shown_by("projects/ProjectsPage.tsx", "Projects")
    counts = []
    for more, total in ((2, 3), (27, 30)):
        await add_projects(any_api.database, home, shown, more)
        page, count = await answer_and_count(any_api, any_api.caller(home.owner), document)
        listed = page["projects"]["nodes"]
        assert [len(node["assets"]["nodes"]) for node in listed] == [4] * total
        assert all(node["activeModel"]["version"]["version"] == 1 for node in listed)
        counts.append(count)
    assert counts[0] == counts[1] <= 8
