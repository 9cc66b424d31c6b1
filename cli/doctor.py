"""`agridrone doctor`: whether everything that must hold does hold, for the operator of the host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.lines import counted, printable, say
from cli.options import DataDir, settings_errors, settings_of
from cli.table import table

if TYPE_CHECKING:
    from adapters.settings import Settings
    from workers.audit.finding import Checked

_NO_REDIS = "Redis does not answer, so what only Redis knows was left out; see REDIS_URL."


def doctor(
    data_dir: DataDir = None,
    read_back: Annotated[
        bool, typer.Option("--read-back", help="Read the bytes of every object, too, as long as that takes.")
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON, a document a finding; the sums come last.")
    ] = False,
) -> None:
    """Look whether database, object store and Redis agree, and change nothing. On the server only.

    Everything may run meanwhile. Exit code 0: all is well. 1: something is wrong, a line for each (docs/doctor.md says
    what to do). 2: not all could be looked at, since something does not answer.
    """
    from workers.audit.opening import CannotLookError

    settings = settings_of(data_dir=data_dir)
    try:
        with settings_errors():
            code = asyncio.run(_looked(settings, read_back, json_))
    except CannotLookError as error:
        typer.echo(printable(f"Not all was looked at. {error}"), err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(code)


async def _looked(settings: Settings, read_back: bool, as_json: bool) -> int:
    # The parts of the server, at the call only: they are slow to import.
    from cli.embedded_redis import embedded_address
    from workers.audit.opening import open_audit

    redis_url = settings.redis_url or embedded_address(settings.data_dir)
    found = 0
    async with open_audit(settings, redis_url, read_back) as audit, aclosing(audit.auditor.findings()) as findings:
        async for one in findings:
            found += 1
            if as_json:
                typer.echo(json.dumps(asdict(one)))
            else:
                say(f"{one.invariant}  {one.subject}: {one.message}")
        checked = audit.auditor.checked()
        # Without the setting it is the embedded one, which is there while `up` runs.
        whole = audit.with_redis or not settings.redis_url
    if as_json:
        typer.echo(json.dumps({"findings": found, "checked": [_document(one) for one in checked]}))
    else:
        _tell_sums(found, checked, whole)
    if not whole:
        typer.echo(_NO_REDIS, err=True)
    return 1 if found else 0 if whole else 2


def _document(one: Checked) -> dict[str, object]:
    sums = {"invariant": one.invariant, "subjects": one.subjects, "lookedAt": one.looked_at}
    return sums if one.left_out is None else {**sums, "leftOut": one.left_out}


def _tell_sums(found: int, checked: Sequence[Checked], whole: bool) -> None:
    rows = [(one.invariant, f"{one.looked_at:,}", one.subjects) for one in checked if one.left_out is None]
    say("Looked at:")
    for line in table(rows, frozenset({1})):
        say(f"  {line}")
    for one in checked:
        if one.left_out is not None:
            say(f"Left out: {one.invariant}, because {one.left_out}.")
    if found:
        say(f"{counted(found, 'finding')}; docs/doctor.md says what to do.")
    else:
        say("All is well." if whole else "What was looked at is well.")
