"""An answer is held against the one that a page shows, and what differs is found."""

from __future__ import annotations

from typing import Any

import pytest

from docs.blocks import Block
from docs.graphql_page import Example, Names, examples


def block(language: str, text: str, note: str = "") -> Block:
    return Block("page.md", 1, language, note, text)


def test_a_name_is_what_was_answered_before() -> None:
    names = Names(team="t1")
    assert (
        names.take({"team": "<team>", "project": {"id": "<project>"}}, {"team": "t1", "project": {"id": "p1"}}) is None
    )
    assert names.fill({"input": ["<project>", "<team>", "…"]}) == {"input": ["p1", "t1", "…"]}


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({"a": {"b": "<team>"}}, {"a": {"b": "another"}}),
        ([1], [1, 2]),
        ([1, "…"], []),
        (["<new>", "<new>"], ["one", "two"]),
        ({"a": {}}, {"a": None}),
    ],
)
def test_another_answer_is_found(shown: Any, given: Any) -> None:
    assert Names(team="t1").take(shown, given) is not None


@pytest.mark.parametrize(
    ("shown", "given"), [("…", None), ({"a": "…"}, {"a": [], "b": 1}), ([1, "…"], [1, 2, 3]), ({"a": 1}, {"a": 1.0})]
)
def test_what_is_left_open_may_be_anything(shown: Any, given: Any) -> None:
    assert Names().take(shown, given) is None


def test_a_difference_leaves_no_names_behind() -> None:
    names = Names()
    assert names.take({"a": "<id>", "b": 1}, {"a": "one", "b": 2}) is not None
    assert names.take({"a": "<id>"}, {"a": "two"}) is None
    assert names["id"] == "two"


def test_documents_are_read_with_their_variables_and_answers() -> None:
    page = [
        block("sh", "true\n"),
        block("graphql", "query { a }\n"),
        block("json", "{}", "variables"),
        block("json", '{"data": 1}'),
        block("json", "{}"),
    ]
    first, example, last = examples(page)
    assert (first, last) == (page[0], page[4])
    assert example == Example(page[1], {}, {"data": 1})


def test_a_document_without_an_answer_is_named() -> None:
    with pytest.raises(ValueError, match=r"page\.md:1 has no answer"):
        list(examples([block("graphql", "query { a }\n")]))
