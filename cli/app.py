"""The command `agridrone`: one file a command."""

from __future__ import annotations

import typer

from cli.api import api
from cli.collect import collect
from cli.demo.command import demo
from cli.detect import detect
from cli.doctor import doctor
from cli.gpu.app import gpu
from cli.importing import import_annotations
from cli.migrate import migrate
from cli.models.app import models
from cli.models.evaluate import evaluate
from cli.schema import schema
from cli.shadow.command import shadow
from cli.token import token
from cli.training.jobs import jobs
from cli.training.train import train
from cli.up import up
from cli.upload import upload
from cli.version.app import version
from cli.worker import worker

app = typer.Typer(
    help="Dataset versions, YOLO training and detection for drone imagery, on your own machines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(api)
app.add_typer(worker, name="worker")
app.command()(migrate)
app.command()(collect)
app.command()(doctor)
app.command()(token)
app.command()(schema)
app.command()(upload)
app.command("import")(import_annotations)
app.add_typer(version, name="version")
app.command()(shadow)
app.command()(train)
app.add_typer(jobs, name="jobs")
app.add_typer(models, name="models")
app.command()(evaluate)
app.command()(detect)
app.add_typer(gpu, name="gpu")
app.command()(demo)


def run() -> None:
    """The command `agridrone`. It is not in main, which imports the whole server: a client's command starts without."""
    app(prog_name="agridrone")
