"""The main job, from upload to a deployed model that detects, as any client of the public API could do it."""

from pathlib import Path

from cli.client import Client
from cli.demo.dataset import Dataset, LabelledImage
from cli.demo.deployment import deploy
from cli.demo.detection import detect
from cli.demo.evaluation import evaluate
from cli.demo.picture import draw_findings
from cli.demo.plan import GENERATED, OWN, Plan
from cli.demo.project import make_project
from cli.demo.screen import Screen
from cli.demo.training import Model, train
from cli.demo.upload import annotate, upload
from cli.demo.verdict import Outcome
from cli.demo.version import FrozenVersion, freeze

STEPS = 12


async def run_demo(client: Client, data: Dataset, picture: Path, screen: Screen) -> Outcome:
    """Does the whole job in a new project, and saves the picture. Raises ApiError at the first thing that fails."""
    plan = GENERATED if data.generated else OWN
    with screen.step("Make a project, dataset versions on") as step:
        project_id, name = await make_project(client)
        step.say(name)
    await _upload(client, project_id, data.first, "Upload images with annotations", screen)
    first, first_model = await _learn(client, project_id, plan, None, screen)
    await _upload(client, project_id, data.more, "Upload more imagery", screen)
    second, second_model = await _learn(client, project_id, plan, first_model, screen)
    with screen.step("Evaluate version 1's model on version 2's test split") as step:
        first_map50 = await evaluate(client, first_model, second, step)
    with screen.step("Evaluate version 2's model on the same images") as step:
        second_map50 = await evaluate(client, second_model, second, step)
    better = second_model if second_map50 >= first_map50 else first_model
    with screen.step("Deploy the better one") as step:
        await deploy(client, project_id, better, step)
    with screen.step("Detect") as step:
        found, score = await detect(client, project_id, data.unseen, step)
    with screen.step("Save a picture of it") as step:
        draw_findings(data.unseen, found, score, f"{better.name} on images that nobody trained on", picture)
        step.say(str(picture))
    return Outcome(data, first, second, first_model, second_model, first_map50, second_map50, score, picture)


async def _upload(client: Client, project_id: str, images: list[LabelledImage], title: str, screen: Screen) -> None:
    with screen.step(title) as step:
        assets = await upload(client, project_id, title, images, step)
        boxes = await annotate(client, project_id, images, assets, step)
        step.say(f"{len(images)} images, {boxes} boxes")


async def _learn(
    client: Client, project_id: str, plan: Plan, checkpoint: Model | None, screen: Screen
) -> tuple[FrozenVersion, Model]:
    number = 2 if checkpoint else 1
    with screen.step(f"Freeze version {number}") as step:
        version = await freeze(client, project_id, plan, step)
    with screen.step(f"Train on version {number}") as step:
        epochs = plan.more_epochs if checkpoint else plan.first_epochs
        model = await train(client, version, plan, epochs, checkpoint, step)
    return version, model
