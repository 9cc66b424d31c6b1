"""Documents that are small to send and large to look at, each with a word for what it is."""

from __future__ import annotations


def doubled(levels: int) -> str:
    """Fragments that spread the next one twice: 2 ** levels fields."""
    fragments = [f"fragment F{n} on User {{ a{n}: id ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return f"{{ viewer {{ ...F0 }} }} {' '.join(fragments)} fragment F{levels} on User {{ id }}"


def spread_by_all(number: int) -> str:
    """Fragments that each spread every one."""
    spreads = " ".join(f"...F{n}" for n in range(number))
    return " ".join(["{ viewer { ...F0 } }", *(f"fragment F{n} on User {{ {spreads} }}" for n in range(number))])


def nested(levels: int) -> str:
    """A user's teams, and the users in them, and so on."""
    pairs = levels // 2
    return f"{{ viewer {{ {'teams { team { members { user { ' * (pairs // 2)}id{' } } } }' * (pairs // 2)} }} }}"


BOMBS: dict[str, str] = {
    "fragments doubled 18 times": doubled(18),
    "fragments doubled 100 times": doubled(100),
    "fragments that all spread one another": spread_by_all(30),
    "101 aliases": f"{{ {' '.join(f'a{n}: __typename' for n in range(101))} }}",
    "aliases in a fragment that is spread often": (
        f"{{ viewer {{ {' '.join('...F' for _ in range(30))} }} }} fragment F on User {{ a: id b: id }}"
    ),
    "10 directives on a field": f"{{ viewer {{ id {'@aa' * 10} }} }}",
    "10 directives of the specification on a field": f"{{ viewer {{ id {'@skip(if: false)' * 10} }} }}",
    "10 directives on an operation": f"query {'@aa' * 10} {{ viewer {{ id }} }}",
    "10 directives on a variable": f"query ($id: ID! {'@aa' * 10}) {{ node(id: $id) {{ id }} }}",
    "60 directives": f"{{ viewer {{ {'id @skip(if: false) ' * 60} }} }}",
    "depth 500": nested(500),
    "depth 100": nested(100),
    "1,000 repeated fields": f"{{ viewer {{ {'id ' * 1_000} }} }}",
    "500 repeated fields": f"{{ viewer {{ {'id ' * 500} }} }}",
    "100 pages of one list": f"{{ {'projects(first: 1) { nodes { id name } } ' * 100} }}",
    "200 fragments beside one another": " ".join(
        [
            f"{{ viewer {{ {' '.join(f'...F{n}' for n in range(200))} }} }}",
            *(f"fragment F{n} on User {{ id }}" for n in range(200)),
        ]
    ),
    "21 operations": " ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(21)),
    "100,000 tokens": f"{{ viewer {{ {'id ' * 100_000} }} }}",
    "3,000 tokens": f"{{ node(id: [{'1 ' * 3_000}]) {{ id }} }}",
    "3,000 comments": "#\n" * 3_000 + "{ viewer { id } }",
    "100,000 blanks": " " * 100_000 + "{ viewer { id } }",
    "a string of 100,000 characters": f'{{ node(id: "{"x" * 100_000}") {{ id }} }}',
    "600 open braces": "{ a " * 600,
    "lists in lists": f"{{ node(id: {'[' * 600}{']' * 600}) {{ id }} }}",
    "objects in objects": f"{{ node(id: {'{a: ' * 300}1{'}' * 300}) {{ id }} }}",
    "a variable's type in lists": f"query ($id: {'[' * 600}ID{']' * 600}) {{ viewer {{ id }} }}",
    "200 projects with 200 images and all that is drawn on each": (
        "{ projects(first: 200) { nodes { assets(first: 200) { nodes { annotations { id } } } } } }"
    ),
    "the schema told ten times over": " ".join(
        [
            "{",
            *(
                f"a{n}: __schema {{ types {{ fields {{ args {{ type {{ fields {{ name }} }} }} }} }} }}"
                for n in range(10)
            ),
            "}",
        ]
    ),
}
"""Each is to be refused as QUERY_TOO_COMPLEX."""

CIRCLES: dict[str, str] = {
    "a fragment in itself": "{ viewer { ...F } } fragment F on User { id ...F }",
    "two fragments in one another": (
        "{ viewer { ...F } } fragment F on User { id ...G ...G } fragment G on User { name ...F ...F }"
    ),
    "a ring of 100 fragments": " ".join(
        [
            "{ viewer { ...F0 } }",
            *(f"fragment F{n} on User {{ ...F{(n + 1) % 100} }}" for n in range(100)),
        ]
    ),
}
"""Each is no valid document."""
