"""GraphQL documents that are small and ask for much: each row of the matrix with at least five of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_LEAF = "fragment F0 on Query { __typename }"


def bomb(levels: int, spreads: int = 2) -> str:
    """Fragments that each spread the one before several times: `spreads` to the power of `levels` fields."""
    chain = [f"fragment F{n} on Query {{ {f'...F{n - 1} ' * spreads}}}" for n in range(1, levels + 1)]
    return " ".join([f"{{ ...F{levels} }}", _LEAF, *chain])


def _bomb_within(levels: int) -> str:
    """As `bomb`, with the fields of real objects between the fragments."""
    chain = [
        f"fragment U{n} on User {{ a{n}: teams {{ team {{ members {{ user {{ ...U{n - 1} }} }} }} }} ...U{n - 1} }}"
        for n in range(1, levels + 1)
    ]
    return " ".join([f"{{ viewer {{ ...U{levels} }} }}", "fragment U0 on User { id }", *chain])


def _bomb_inline(levels: int) -> str:
    chain = [
        f"fragment F{n} on Query {{ ... {{ ...F{n - 1} }} ... on Query {{ ...F{n - 1} }} }}" for n in range(1, levels)
    ]
    return " ".join([f"{{ ...F{levels - 1} }}", _LEAF, *chain])


def cycle(length: int, between: str = "") -> str:
    """Fragments that spread one another in a circle."""
    opened = f"{{ {between}" if between else "{"
    closed = "}" * (between.count("{") + 1)
    chain = [f"fragment F{n} on Query {opened} ...F{(n + 1) % length} __typename {closed}" for n in range(length)]
    return " ".join(["{ ...F0 }", *chain])


def nested(levels: int, opening: str, inner: str, closing: str) -> str:
    return opening * levels + inner + closing * levels


_TEAMS = "teams { team { members { user { "
_NODE = "query { node(id: "
_ALIASES = " ".join(f"a{n}: __typename" for n in range(101))
_TEN = "@aa" * 10
_INCLUDED = "@include(if: true)" * 10

TOO_COMPLEX: Mapping[str, Sequence[str]] = {
    "fragment bomb": [bomb(12), bomb(18), bomb(30), bomb(12, 3), _bomb_within(10), _bomb_inline(14)],
    "101 aliases": [
        f"{{ {_ALIASES} }}",
        f"query {{ viewer {{ {_ALIASES} }} }}",
        f"mutation {{ {_ALIASES} }}",
        "{ " + " ".join(f'v{n}: project(id: "1") {{ id }}' for n in range(101)) + " }",
        "{ ...F ...F viewer { id } } fragment F on Query { " + " ".join(f"a{n}: __typename" for n in range(51)) + " }",
        "{ " + " ".join("... { " + " ".join(f"a{m}{n}: __typename" for n in range(21)) + " }" for m in range(5)) + " }",
    ],
    "10 directives": [
        f"{{ __typename {_TEN} }}",
        f"{{ __typename {_INCLUDED} }}",
        f"query {_TEN} {{ __typename }}",
        f"{{ ...F {_INCLUDED} }} {_LEAF.replace('F0', 'F')}",
        f"{{ ...F }} fragment F on Query {_TEN} {{ __typename }}",
        f"{{ ... {_INCLUDED} {{ __typename }} }}",
        f"query($v: ID {_TEN}) {{ node(id: $v) {{ id }} }}",
        "{ " + "viewer @include(if: true) { id } " * 60 + "}",
    ],
    "depth 500": [
        "{ viewer { " + nested(125, _TEAMS, "id", "} } } } ") + "} }",
        "{ __schema { types { " + nested(500, "ofType { ", "name", "} ") + "} } }",
        "{ " + nested(500, "... { ", "__typename", "} ") + "}",
        "{ " + nested(500, "x { ", "x", "} ") + "}",
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ ... {{ ...F{n + 1} }} }}" for n in range(250))
        + " fragment F250 on Query { __typename }",
    ],
    "1,000 repeated fields": [
        "{ " + "__typename " * 1_001 + "}",
        "{ viewer { " + "id " * 1_000 + "} }",
        "{ " + "viewer { id } " * 1_000 + "}",
        "{ " + 'project(id: "1") { name } ' * 1_000 + "}",
        "{ " + "...F " * 1_000 + "} fragment F on Query { __typename }",
        "{ " + "x " * 1_001 + "}",
    ],
    "100,000 tokens": [
        "{ " + "a " * 100_000 + "}",
        "#" * 1 + "\n#" * 100_000 + "\n{ __typename }",
        "{ " * 100_000,
        _NODE + "[" * 50_000 + "]" * 50_000 + ") { id } }",
        " ".join(f"query Q{n} {{ __typename }}" for n in range(20_000)),
        "fragment F on Query { __typename } " * 15_000 + "{ ...F }",
    ],
}
"""They are refused as such, before anything looks at them more closely."""

INVALID: Mapping[str, Sequence[str]] = {
    "fragment cycle": [
        cycle(1),
        cycle(2),
        cycle(7),
        cycle(100),
        cycle(2, "... { ... { "),
        cycle(3, "viewer { teams { "),
        "{ ...A ...B } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
    ],
    "no document": [
        "",
        " \n\t ",
        "#",
        "{",
        "qwerty cop { abc }",
        "\ufeff",
        "{ __typename \x00 }",
        '{ node(id: """',
        "type A { a: Int }",
        "query A { __typename } query A { __typename }",
    ],
    "nested values": [
        f"{_NODE}{nested(400, '[', '1', ']')}) {{ id }} }}",
        f"{_NODE}{nested(400, '{a: ', '1', '}')}) {{ id }} }}",
        f"query($v: {nested(400, '[', 'ID', ']')}) {{ node(id: $v) {{ id }} }}",
        f"query($v: ID = {nested(400, '[', '1', ']')}) {{ node(id: $v) {{ id }} }}",
        f"{{ __typename @include(if: {nested(400, '[', '1', ']')}) }}",
    ],
}
"""They are no valid documents, whatever else may be said of them."""

_LEVELS = 100_000
_VIEWER = b'{"query": "{ viewer { id } }", '

BODIES: Mapping[str, Sequence[bytes]] = {
    "no operation": [
        *(b"5", b"null", b"true", b'"text"', b"NaN", b"", b"\x00", b"{}", b"'{}'"),
        *(b'{"query": %s}' % one for one in (b"5", b"null", b"[]", b"{}", b'""')),
        *(_VIEWER + b'"variables": %s}' % one for one in (b"[]", b"5", b'"x"', b"NaN", b"-", b"1e999")),
        *(_VIEWER + b'"extensions": %s}' % one for one in (b"[]", b"5", b'"x"')),
        *(_VIEWER + b'"operationName": %s}' % one for one in (b"5", b"[]", b'"Another"')),
    ],
    "100,000 deep": [
        b"[" * _LEVELS,
        b"[" * _LEVELS + b"]" * _LEVELS,
        b'{"a":' * _LEVELS + b"1" + b"}" * _LEVELS,
        b'{"query": ' + b"[" * _LEVELS + b"]" * _LEVELS + b"}",
        _VIEWER + b'"variables": {"a": ' + b"[" * _LEVELS + b"]" * _LEVELS + b"}}",
        _VIEWER + b'"extensions": ' + b'{"a":' * _LEVELS + b"1" + b"}" * _LEVELS + b"}",
    ],
    "no UTF-8": [
        b"\xff\xfe\xfd",
        b'{"query": "{ viewer { id } } \xff"}',
        _VIEWER + b'"variables": {"a": "\xc3\x28"}}',
        _VIEWER + b'"variables": {"a": "\xed\xa0\x80"}}',
        _VIEWER + b'"variables": {"a": "\\ud800"}}',
        b'{"query": "{ viewer { id } } # \\udfff"}',
        '{"query": "{ viewer { id } }"}'.encode("utf-16"),
        '{"query": "{ viewer { id } }"}'.encode("utf-32"),
    ],
}
"""They are no operation before there is a document."""
