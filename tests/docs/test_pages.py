"""What can be said of the pages without a server: their links, their blocks, and that nothing is left out of them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typer
from graphql import build_schema, parse, validate

from adapters.settings import Settings
from cli.app import app
from docs.blocks import ROOT, all_blocks, pages
from docs.graphql_page import examples
from docs.manual_blocks import MANUAL

LANGUAGES = {"", "sh", "json", "graphql", "python", "ts", "yaml", "ini"}
SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?)\s*$", re.MULTILINE)
_FILE = re.compile(r"`((?:tests|docs|ops|bench|db|domain|adapters|workers|resolvers|schema|cli|web)/[\w./-]*\w\.\w+)`")
_TYPED = (
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2023",
    "--lib",
    "es2023,dom",
    "--module",
    "nodenext",
    "--types",
    "",
)
_SETTING = re.compile(r"`([A-Z][A-Z0-9_]+)`")

PAGES = [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in pages()]


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """The headings of a page, as GitHub names them."""
    found: set[str] = set()
    for heading in _HEADING.finditer(prose(path)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["text"]).lower()
        kept = (one for one in text if one in "-_ " or unicodedata.category(one)[0] in "LN")
        found.add("".join(kept).replace(" ", "-"))
    return found


def broken_links(path: Path) -> list[str]:
    """The links of a page to files and headings that are not there."""
    broken = []
    for link in _LINK.finditer(prose(path)):
        target, _, anchor = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link["target"])
    return broken


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `page`, of two\n[a](#a-page-of-two) [b](#elsewhere) [c](no.md) [d](page.md#a-page-of-two)\n")
    assert broken_links(page) == ["#elsewhere", "no.md"]


@pytest.mark.parametrize("path", PAGES)
def test_files_that_a_page_names_are_there(path: Path) -> None:
    assert [name for name in _FILE.findall(prose(path)) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES)
def test_fences_are_such_that_their_blocks_are_found(path: Path) -> None:
    assert re.findall(r"^(?:[ \t>]+```.*|~~~.*)$", path.read_text("utf-8"), re.MULTILINE) == []


def test_every_block_says_what_it_is() -> None:
    assert [str(block) for block in all_blocks() if block.language not in LANGUAGES] == []


def test_shell_blocks_that_no_test_runs_are_listed_with_a_reason() -> None:
    found = {(block.page, block.first_command) for block in all_blocks() if block.manual}
    listed = {(page, line) for page, lines in MANUAL.items() for line in lines}
    assert found == listed, "put it into tests/docs/manual_blocks.py with a reason, or have the block run"
    unclear = [str(block) for block in all_blocks() if block.language == "sh" and block.note not in ("", "manual")]
    assert unclear == []


def test_json_can_be_read() -> None:
    for block in all_blocks():
        if block.language == "json":
            json.loads(block.text)


def test_python_can_be_read() -> None:
    for block in all_blocks():
        if block.language == "python":
            ast.parse(block.text, str(block))


def test_typescript_has_no_faults(tmp_path: Path) -> None:
    modules = [block for block in all_blocks() if block.language == "ts"]
    for block in modules:
        (tmp_path / block.note).write_text(block.text)
    (tmp_path / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    compiler = ROOT / "web" / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [Path(sys.executable).with_name("node"), compiler, *_TYPED, *(block.note for block in modules)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_documents_fit_the_schema() -> None:
    faults = {
        str(block): [fault.message for fault in validate(SCHEMA, parse(block.text))]
        for block in all_blocks()
        if block.language == "graphql"
    }
    assert {place: found for place, found in faults.items() if found} == {}


def test_every_document_for_front_ends_has_its_answer() -> None:
    page = [block for block in all_blocks() if block.page == "docs/frontend.md"]
    assert len(list(examples(page))) > 20


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link["target"]).resolve() for link in _LINK.finditer(index.read_text("utf-8"))}
    assert [str(path) for path in (ROOT / "docs").rglob("*.md") if path not in {*listed, index}] == []


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    section = (ROOT / "README.md").read_text("utf-8").split("\n## Settings\n")[1].split("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for name in _SETTING.findall(row)}
    aliases = (field.validation_alias or name.upper() for name, field in Settings.model_fields.items())
    assert told == {str(alias) for alias in aliases}


def test_every_command_is_explained() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert [command for command in commands() if not re.search(rf"`agridrone {command}\b", page)] == []


def commands() -> list[str]:
    """Every command by its words, as `version create`."""
    found, waiting = [], [("", typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, typer.core.TyperGroup):
            waiting += [(f"{words} {name}".strip(), one) for name, one in command.commands.items()]
        else:
            found.append(words)
    return found
