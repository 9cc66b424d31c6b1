"""Deployments: either kind of model, what a project detects with afterwards, and back again."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import World, make_world

from domain.deployments import deployment_active, deployment_failed
from domain.jobs import JobKind
from domain.models.model import TrainedModel
from domain.models.version import DatasetVersion
from seeds import add_model, take
from stack import Caller, Stack

HOSTED = "pine-sapling-hqp-test/6"
PROJECT = """query($id: ID!) { project(id: $id) { activeModel { id } activeRoboflowModel roboflowModels inferenceBackend
  detectOnUpload inferenceModels { id name backend mAP50 active available }
  deployments { nodes { status model { id } roboflowModel backend failureReason note } } } }"""
DEPLOY = """mutation($input: DeployModelInput!) { deployModel(input: $input) {
  deployment { id status backend roboflowModel model { id } } project { id } userErrors { code field message } } }"""
ROLLBACK = """mutation($id: ID!) { rollbackDeployment(projectId: $id) {
  deployment { status model { id } roboflowModel backend note } userErrors { code field } } }"""
UPDATE = """mutation($input: UpdateProjectInput!) { updateProject(input: $input) {
  project { roboflowModels activeRoboflowModel inferenceBackend detectOnUpload } userErrors { code field } } }"""


@pytest.fixture
async def world(api: Stack) -> World:
    """Without the deployment that every world has."""
    world = await make_world(api, "deploying")
    claim = await take(api.database, JobKind.DEPLOYMENT)
    await api.database.write(deployment_failed(claim, "Not this one."))
    return world


@pytest.fixture
def manager(api: Stack, world: World) -> Caller:
    return api.caller(world.home.owner)


async def another_model(api: Stack, world: World, name: str) -> TrainedModel:
    version: DatasetVersion | None = await api.database.read(lambda uow: uow.versions.get(world.ids["version"]))
    assert version is not None
    return await add_model(api.database, version, name)


async def update(manager: Caller, world: World, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await manager.data(UPDATE, input={"id": world.ids["project"], **changes})
    return answer


async def deploy(manager: Caller, world: World, model: dict[str, str], **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await manager.data(
        DEPLOY, input={"projectId": world.ids["project"], "model": model, **more}
    )
    return answer


async def activate(api: Stack, kind: JobKind = JobKind.DEPLOYMENT) -> None:
    """As a worker does with the one that waits longest."""
    claim = await take(api.database, kind)
    await api.database.write(deployment_active(claim))


async def now(manager: Caller, world: World) -> dict[str, Any]:
    found: dict[str, Any] = await manager.data(PROJECT, id=world.ids["project"])
    return found


async def test_the_old_model_detects_until_the_new_one_has_answered(api: Stack, world: World, manager: Caller) -> None:
    first, second = world.ids["model"], (await another_model(api, world, "second.pt")).id
    await deploy(manager, world, {"modelId": first})
    assert (await now(manager, world))["activeModel"] is None
    await activate(api)
    answer = await deploy(manager, world, {"modelId": second})
    assert answer["deployment"]["status"] == "PENDING"
    assert (await now(manager, world))["activeModel"] == {"id": first}
    claim = await take(api.database, JobKind.DEPLOYMENT)
    await api.database.write(deployment_failed(claim, "It did not answer."))
    project = await now(manager, world)
    assert project["activeModel"] == {"id": first}
    assert [(one["status"], one["failureReason"]) for one in project["deployments"]["nodes"]][:2] == [
        ("FAILED", "It did not answer."),
        ("ACTIVE", None),
    ]


async def test_a_roboflow_model_is_used_once_it_is_among_the_project_s(
    api: Stack, world: World, manager: Caller
) -> None:
    refused = await deploy(manager, world, {"roboflowModel": HOSTED})
    assert refused["userErrors"][0]["field"] == ["input", "model", "roboflowModel"]
    assert (await update(manager, world, roboflowModels=[HOSTED, HOSTED]))["project"]["roboflowModels"] == [HOSTED]
    deployment = (await deploy(manager, world, {"roboflowModel": HOSTED}))["deployment"]
    assert (deployment["backend"], deployment["roboflowModel"], deployment["model"]) == ("ROBOFLOW", HOSTED, None)
    await activate(api, JobKind.ROBOFLOW_DEPLOYMENT)
    project = await now(manager, world)
    assert (project["activeRoboflowModel"], project["inferenceBackend"]) == (HOSTED, "ROBOFLOW")
    # Ours comes back: AUTO, with Roboflow's behind it.
    await deploy(manager, world, {"modelId": world.ids["model"]})
    await activate(api)
    project = await now(manager, world)
    assert (project["activeRoboflowModel"], project["inferenceBackend"]) == (HOSTED, "AUTO")
    assert project["activeModel"] == {"id": world.ids["model"]}
    models = {one["id"]: one for one in project["inferenceModels"]}
    assert models[HOSTED]["backend"] == "ROBOFLOW"
    assert models[HOSTED]["available"] is False  # the server has no key
    assert models[world.ids["model"]]["available"] is True
    assert all(one["active"] for one in models.values())


async def test_what_a_model_does_not_run_on_is_refused(world: World, manager: Caller) -> None:
    await update(manager, world, roboflowModels=[HOSTED])
    for model, backend in (({"modelId": world.ids["model"]}, "ROBOFLOW"), ({"roboflowModel": HOSTED}, "LOCAL")):
        answer = await deploy(manager, world, model, backend=backend)
        assert answer["deployment"] is None
        assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [
            ("INVALID", ["input", "backend"])
        ]


@pytest.mark.parametrize("name", ["", "pines", "pines/0", "pines/6/7", "../6", "pines/six", "pines /6", "pi?nes/6"])
async def test_a_name_that_is_no_roboflow_model_s_changes_nothing(world: World, manager: Caller, name: str) -> None:
    answer = await update(manager, world, roboflowModels=[HOSTED, name], detectOnUpload=True)
    assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [
        ("INVALID", ["input", "roboflowModels"])
    ]
    project = await now(manager, world)
    assert (project["roboflowModels"], project["detectOnUpload"]) == ([], False)


async def test_the_settings_page_saves_models_by_deploying_them(api: Stack, world: World, manager: Caller) -> None:
    changes = {"roboflowModels": [HOSTED], "activeRoboflowModel": HOSTED, "activeModelId": world.ids["model"]}
    saved = await update(manager, world, **changes, inferenceBackend="AUTO", detectOnUpload=True)
    assert saved["project"]["activeRoboflowModel"] is None  # not before it answered
    # Whichever answers first, ours is the one that the project detects with, and Roboflow's the fallback.
    await activate(api)
    await activate(api, JobKind.ROBOFLOW_DEPLOYMENT)
    project = await now(manager, world)
    assert (project["activeModel"], project["activeRoboflowModel"]) == ({"id": world.ids["model"]}, HOSTED)
    assert (project["inferenceBackend"], project["detectOnUpload"]) == ("AUTO", True)
    assert [one["status"] for one in project["deployments"]["nodes"]] == ["ACTIVE", "SUPERSEDED", "FAILED"]
    # A model that the project may use no longer is no fallback either.
    assert (await update(manager, world, roboflowModels=[]))["project"]["activeRoboflowModel"] is None


async def test_going_back_is_a_deployment_and_can_be_undone(api: Stack, world: World, manager: Caller) -> None:
    refused = await manager.data(ROLLBACK, id=world.ids["project"])
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_READY"]
    first, second = world.ids["model"], (await another_model(api, world, "second.pt")).id
    for model in (first, second):
        await deploy(manager, world, {"modelId": model}, backend="LOCAL")
        await activate(api)
    for expected in (first, second):
        back = await manager.done(ROLLBACK, id=world.ids["project"])
        assert (back["deployment"]["status"], back["deployment"]["backend"]) == ("PENDING", "LOCAL")
        assert back["deployment"]["model"] == {"id": expected}
        await activate(api)
        assert (await now(manager, world))["activeModel"] == {"id": expected}


async def test_one_that_never_was_active_is_not_gone_back_to(api: Stack, world: World, manager: Caller) -> None:
    first = world.ids["model"]
    late, newest = [(await another_model(api, world, name)).id for name in ("late.pt", "newest.pt")]
    await deploy(manager, world, {"modelId": first})
    await activate(api)
    for model in (late, newest):
        await deploy(manager, world, {"modelId": model})
    slow = await take(api.database, JobKind.DEPLOYMENT)
    await activate(api)
    await api.database.write(deployment_active(slow))
    assert (await now(manager, world))["activeModel"] == {"id": newest}
    back = await manager.done(ROLLBACK, id=world.ids["project"])
    assert back["deployment"]["model"] == {"id": first}
