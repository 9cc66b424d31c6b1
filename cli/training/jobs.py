"""`agridrone jobs`: trainings, under way and ended."""

from __future__ import annotations

import typer

from cli.answer import tell
from cli.options import Email, ProjectName, Server, Token
from cli.training import options as opt
from cli.version.options import AsJson

_STOPPED = "Stopped watching. The training is left as it is; `agridrone jobs cancel` ends it."
jobs = typer.Typer(help="Trainings: list, look at, watch, cancel and resume them.", no_args_is_help=True)


@jobs.command("list")
def list_(
    project: ProjectName,
    status: opt.OfStatus = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """List a project's trainings, the newest first."""
    # Imported here and below, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.project_choice import choose_project
    from cli.training import wording
    from cli.training.record import list_jobs

    async def work() -> bool:
        async with connected(server, token, email) as client:
            chosen = await choose_project(client, project)
            found = await list_jobs(client, chosen.id, [one.upper() for one in status] if status else None)
        tell({"jobs": found}, wording.listed(found, chosen=bool(status)), as_json)
        return True

    run_command(work)


@jobs.command()
def show(
    job: opt.JobId, as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None
) -> None:
    """Show a training: its settings, what it was really given, its last epochs and its model."""
    from cli.connection import connected, run_command
    from cli.training import wording
    from cli.training.record import read_job

    async def work() -> bool:
        async with connected(server, token, email) as client:
            found = await read_job(client, job)
        tell({"job": found}, wording.shown(found), as_json)
        return True

    run_command(work)


@jobs.command()
def watch(
    job: opt.JobId, as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None
) -> None:
    """Watch a training until it ends; 1 is the exit code when it failed or was cancelled."""
    from cli.connection import connected, run_command
    from cli.training.following import follow_and_tell

    async def work() -> bool:
        async with connected(server, token, email) as client:
            return await follow_and_tell(client, job, None, as_json)

    run_command(work, _STOPPED)


@jobs.command()
def log(
    job: opt.JobId,
    lines: opt.Lines = 100,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Print the last lines that a training printed."""
    from cli.connection import connected, run_command
    from cli.training.record import LOG

    async def work() -> bool:
        async with connected(server, token, email) as client:
            tail: list[str] = (await client.call_again(LOG, id=job, lines=lines))["logTail"]
        tell({"logTail": tail}, tail, as_json)
        return True

    run_command(work)


@jobs.command()
def cancel(
    job: opt.JobId, as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None
) -> None:
    """Cancel a training; its last state is kept, and `agridrone jobs resume` goes on from there."""
    from cli.connection import connected, run_command
    from cli.training import wording
    from cli.training.record import CANCEL, PROGRESS, read_job

    async def work() -> bool:
        async with connected(server, token, email) as client:
            await client.call(CANCEL, id=job)
            async for _ in client.follow(PROGRESS, jobId=job):
                pass  # a worker that is at it hears of it within a second
            found = await read_job(client, job)
        tell({"job": found}, wording.finished(found), as_json)
        return bool(found["status"] == "CANCELLED")

    run_command(work, "Stopped waiting. The training is cancelled as soon as its worker hears of it.")


@jobs.command()
def resume(
    job: opt.JobId,
    detach: opt.Detach = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Go on with a failed or cancelled training from its last saved epoch, and watch it until it is done."""
    from cli.connection import connected, run_command
    from cli.training import wording
    from cli.training.following import follow_and_tell
    from cli.training.record import CURSOR, RESUME, read_job

    async def work() -> bool:
        async with connected(server, token, email) as client:
            # What was told before is an old story.
            cursor = (await client.call_again(CURSOR, id=job))["eventCursor"]
            await client.call(RESUME, id=job)
            if not detach:
                return await follow_and_tell(client, job, cursor, as_json)
            found = await read_job(client, job)
        tell({"job": found}, wording.begun(found), as_json)
        return True

    run_command(work, _STOPPED)
