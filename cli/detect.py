"""`agridrone detect`: what a model finds on images of one's own, drawn on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.models.deploy import BackendName
from cli.options import Email, ProjectName, Server, Token
from cli.version.options import AsJson

Images = Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Files, and folders with images in them.")]
Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Where the drawn pictures go; made if it is not there.")
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="A name, an id, or Roboflow's, as workspace-project/6; the deployed one unless set."),
]
Confidence = Annotated[float | None, typer.Option("--confidence", min=0, max=1, help="What is less sure is left out.")]
Iou = Annotated[
    float | None, typer.Option("--iou", min=0, max=1, help="Overlap from which on two boxes are one object.")
]


def detect(
    images: Images,
    project: ProjectName,
    out: Out,
    model: Model = None,
    backend: BackendName = None,
    confidence: Confidence = None,
    iou: Iou = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Detect on images, and draw what was found; the images themselves stay as they are, here and in the project."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.detected_files import image_files
    from cli.detecting import Order, detect_and_tell
    from cli.models.record import choose_model
    from cli.project_choice import choose_project

    async def work() -> bool:
        files = image_files(images)
        async with connected(server, token, email) as client:
            chosen = None
            if model is not None:
                hosted = "/" in model
                chosen = {"roboflowModel": model} if hosted else {"modelId": await choose_model(client, model, project)}
            project_id = (await choose_project(client, project)).id
            order = Order(project_id, chosen, backend.upper() if backend else None, confidence, iou)
            return await detect_and_tell(client, files, order, out, as_json)

    run_command(work, "Stopped. Nothing was written.")
