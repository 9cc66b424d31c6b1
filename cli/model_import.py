"""`agridrone models import`: weights from outside, brought by the operator of the host."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.lines import printable, say
from cli.options import DataDir, ProjectName, settings_errors, settings_of

if TYPE_CHECKING:
    from adapters.settings import Settings
    from domain.models.model import TrainedModel
    from workers.model_import import WeightsFile


def import_model(
    file: Annotated[Path, typer.Argument(help="Weights of a YOLO detection model, as best.pt.")],
    project: ProjectName,
    name: Annotated[str | None, typer.Option("--name", help="The model's name; the file's unless set.")] = None,
    size: Annotated[
        int | None, typer.Option("--size", help="Pixels of the square it looks at; as it was trained unless set.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make weights from outside a model of a project. On the server only: it needs its database and object store.

    The file is read by Ultralytics' safe loading, in a process without secrets; nothing is stored of a file that is
    no YOLO detection model.
    """
    from domain.errors import DomainError
    from workers.model_import import WeightsFile

    settings = settings_of(data_dir=data_dir)
    try:
        with settings_errors():
            model, new = asyncio.run(_import(settings, WeightsFile(file, project, name, size)))
    except DomainError as error:
        typer.echo(printable(f"{file} was not imported: {error.message}"), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(printable(f"{file} was not imported: {error}"), err=True)
        raise typer.Exit(2) from error
    _tell(model, new)


async def _import(settings: Settings, asked: WeightsFile) -> tuple[TrainedModel, bool]:
    # The parts of the server, at the call only: they are slow to import.
    from adapters.object_store import open_object_store
    from adapters.silence import Silence
    from db.database import SqlDatabase
    from db.engine import create_engine
    from db.migrate import require_head
    from workers.model_import import import_weights
    from workers.process import scratch_folder

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await require_head(settings.sqlalchemy_url)
    silence = Silence()
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
    try:
        async with open_object_store(settings) as store:
            await store.ready()
            with scratch_folder(settings.work_dir, "import") as folder:
                return await import_weights(database, store, asked, folder)
    finally:
        await database.close()


def _tell(model: TrainedModel, new: bool) -> None:
    what = "Imported" if new else "The project has these weights already"
    say(f"{what}: {model.name}, id {model.id}")
    size, classes = model.image_size, len(model.classes)
    say(f"{model.base_model or 'Of no known base model'}, {size} pixels, {classes} classes: {', '.join(model.classes)}")
    if new and model.base_model is None:
        say("Trainings cannot start from it, because its architecture is none of the base models.")
