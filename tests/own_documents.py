"""Every GraphQL document that the pages and the command line send, read from their sources."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import FragmentDefinitionNode, parse, print_ast

ROOT = Path(__file__).parents[1]

_IN_A_PAGE = re.compile(r"\bgraphql\(\s*`([^`]*)`")
_SPREAD = re.compile(r"\.\.\.(?!on\b)(\w+)")
_FRAGMENT = re.compile(r"\bfragment (\w+) on ")
_OPERATION = re.compile(r"\s*(query|mutation|subscription)\b[^{]*\{|\s*\{\s*\w+\(")


def of_the_pages() -> dict[str, str]:
    """By file and place in it, with the fragments of others that they spread."""
    found = {
        f"{path.relative_to(ROOT)} {number}": document
        for path in sorted((ROOT / "web" / "src").rglob("*.ts*"))
        if "generated" not in path.parts and ".test." not in path.name
        for number, document in enumerate(_IN_A_PAGE.findall(path.read_text()))
    }
    fragments = {
        node.name.value: print_ast(node)
        for document in found.values()
        for node in parse(document).definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    return {where: _with_fragments(document, fragments) for where, document in found.items()}


def _with_fragments(document: str, fragments: Mapping[str, str]) -> str:
    while missing := set(_SPREAD.findall(document)) - set(_FRAGMENT.findall(document)):
        document += fragments[missing.pop()]
    return document


def of_the_command_line() -> dict[str, str]:
    """By file and line. Values that only a run knows are X there."""
    found = dict[str, str]()
    for path in sorted((ROOT / "cli").rglob("*.py")):
        if path.stem == "__main__":
            continue
        tree = ast.parse(path.read_text())
        names = vars(importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)))
        for node in _outermost(tree):
            text = _text(node, names)
            if text is not None and _OPERATION.match(text):
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = text
    return found


def _outermost(tree: ast.AST) -> Iterator[ast.expr]:
    """Expressions of text that are no part of a longer one."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Constant | ast.JoinedStr | ast.BinOp):
            yield child
        else:
            yield from _outermost(child)


def _text(node: ast.expr, names: Mapping[str, Any]) -> str | None:
    """What an expression of text stands for."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if isinstance(names.get(name), str):
            return str(names[name])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return (_text(left, names) or "X") + (_text(right, names) or "X")
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, names) or "X" for part in parts)
        case ast.FormattedValue(value=value):
            return _text(value, names)
    return None
