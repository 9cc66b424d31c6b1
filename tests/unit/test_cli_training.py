"""What the commands on trainings and models ask for and say."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, build_schema, parse, validate

from cli.client import ApiError, Client
from cli.models import downloading
from cli.models import record as models
from cli.models import wording as model_wording
from cli.training import record as jobs
from cli.training import wording
from cli.training.following import Watch
from cli.training.options import Base, Status
from cli.training.train import train

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    "read job": jobs.READ,
    "list jobs": jobs.LIST,
    "start": jobs.START,
    "cancel": jobs.CANCEL,
    "resume": jobs.RESUME,
    "progress": jobs.PROGRESS,
    "log": jobs.LOG,
    "cursor": jobs.CURSOR,
    "estimate": jobs.ESTIMATE,
    "read model": models.READ,
    "list models": models.LIST,
    "evaluate": models.EVALUATE,
    "evaluated": models.EVALUATED,
}
METRICS = {
    "mAP50": 0.91234,
    "mAP5095": 0.64,
    "precision": 0.885,
    "recall": 0.9,
    "perClass": [
        {"name": "pine", "ap50": 0.9, "ap5095": 0.6, "precision": 0.8, "recall": 0.7, "instances": 1234},
    ],
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_those_of_the_schema(schema: GraphQLSchema, name: str) -> None:
    assert validate(schema, parse(DOCUMENTS[name])) == []


def test_choices_are_the_words_of_the_contract(schema: GraphQLSchema) -> None:
    words = {"BaseModel": [one.upper() for one in Base], "TrainingJobStatus": [one.upper() for one in Status]}
    for name, ours in words.items():
        kind = schema.get_type(name)
        assert isinstance(kind, GraphQLEnumType)
        assert set(ours) == set(kind.values)


def test_every_setting_of_a_training_has_its_option(schema: GraphQLSchema) -> None:
    kind = schema.get_type("TrainingConfigInput")
    assert isinstance(kind, GraphQLInputObjectType)
    options = {"base", "epochs", "batch", "size", "rate", "patience", "seed"}
    assert len(kind.fields) == len(options)
    assert options <= set(signature(train).parameters)


def job(**facts: Any) -> dict[str, Any]:
    """A training of 10 epochs, as the API tells it."""
    config = {"baseModel": "YOLO11N", "epochs": 10, "batchSize": 4, "imageSize": 64, "patience": 50, "seed": 0}
    return {
        "id": "j1",
        "status": "RUNNING",
        "epoch": 3,
        "etaSeconds": None,
        "queuePosition": None,
        "failureReason": None,
        "version": {"id": "v", "version": 3, "name": "North block-v3"},
        "model": None,
        "config": {**config, "learningRate": None, "effective": {}},
        "warnings": [],
        **facts,
    }


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": "QUEUED", "queuePosition": 2}, "QUEUED, number 2 in the queue"),
        ({"status": "QUEUED"}, "QUEUED"),
        ({"etaSeconds": 3723}, "RUNNING, 3 of 10 epochs, 1:02:03 left"),
        ({}, "RUNNING, 3 of 10 epochs"),
        ({"status": "CANCELLED"}, "CANCELLED, 3 of 10 epochs"),
        ({"status": "FAILED", "failureReason": "The disk is full."}, "FAILED after 3 of 10 epochs: The disk is full"),
    ],
)
def test_the_state_of_a_training_in_words(facts: dict[str, Any], words: str) -> None:
    assert wording.state(job(**facts)) == words


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_what_did_not_come_to_its_end_can_be_resumed(status: str) -> None:
    assert wording.finished(job(status=status))[-1] == "`agridrone jobs resume j1` goes on with it."
    assert "resume" not in "".join(wording.finished(job(status="COMPLETED")))


def test_the_end_has_the_recipe_the_model_and_only_new_warnings() -> None:
    old = {"code": "CLASS_NOT_IN_MODEL", "message": "v3 has classes that a.pt never saw: oak.", "count": 1}
    new = {"code": "BATCH_HALVED", "message": "Going on with a batch of 2.", "count": 1}
    done = job(status="COMPLETED", epoch=10, warnings=[old, new], model={"id": "m", "name": "n.pt", "metrics": METRICS})
    done["config"]["effective"] = {"recipe": "small-set", "lr0": 0.002, "batch": 2, "optimizer": "AdamW", "workers": 0}
    assert wording.ended(done, [old]) == [
        "Warnings:",
        "  BATCH_HALVED: Going on with a batch of 2.",
        "Trained with: recipe small-set, optimizer AdamW, lr0 0.002, batch 2.",
        "Training of North block-v3: COMPLETED, 10 of 10 epochs.",
        "n.pt (m): mAP50 0.912, mAP50-95 0.640, precision 0.89, recall 0.90.",
    ]


def test_an_estimate_is_told_only_where_there_is_one() -> None:
    assert wording.estimated({"seconds": None, "basedOnJobs": 0, "device": None}) is None
    told = wording.estimated({"seconds": 90, "basedOnJobs": 1, "device": "cpu"})
    assert told == "About 0:01:30 on cpu, going by 1 training before."


def event(kind: str, **facts: Any) -> dict[str, Any]:
    still = {"batch": None, "batches": None, "etaSeconds": None, "message": None, "metrics": None}
    return {"kind": kind, "status": "RUNNING", "epoch": 0, "epochs": 4, **still, **facts}


def test_a_watched_training_moves_within_its_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[tuple[int, int, str]] = []
    watch = Watch(lambda *news: shown.append(news), None, quiet=False)
    for news in (
        event("STATUS", status="QUEUED"),
        event("BATCH", status="PREPARING", message="3 of 8 images are rendered."),
        event("BATCH", epoch=1, batch=1, batches=2),
        event("EPOCH", epoch=1, etaSeconds=90, metrics={"mAP50": 0.5}),
        event("LOG", epoch=1, message="Going on with a batch of 2."),
        event("BATCH", epoch=2, batch=1, batches=4),
        event("EPOCH", epoch=2, etaSeconds=60, metrics={"mAP50": 0.25}),
        event("EPOCH", epoch=3, etaSeconds=30, metrics={"mAP50": None}),
    ):
        watch.hear(news)
    assert shown == [
        (0, 400, "queued"),
        (0, 400, "3 of 8 images are rendered."),
        (50, 400, "epoch 1 of 4, batch 1 of 2"),
        (100, 400, "epoch 1 of 4, best mAP50 0.500, 0:01:30 left"),
        (100, 400, "epoch 1 of 4, best mAP50 0.500, 0:01:30 left"),
        (125, 400, "epoch 2 of 4, batch 1 of 4, best mAP50 0.500, 0:01:30 left"),
        (200, 400, "epoch 2 of 4, best mAP50 0.500, 0:01:00 left"),
        (300, 400, "epoch 3 of 4, best mAP50 0.500, 0:00:30 left"),
    ]
    assert capsys.readouterr().out == "Going on with a batch of 2.\n"


def test_a_script_hears_no_notices(capsys: pytest.CaptureFixture[str]) -> None:
    Watch(lambda *news: None, 0.5, quiet=True).hear(event("LOG", message="Going on."))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("value", "reason"),
    [(float("nan"), "not a finite one"), (float("inf"), "not a finite one"), ("\udcff", "no UTF-8")],
)
async def test_what_no_answer_could_be_had_for_is_said_in_a_sentence(value: object, reason: str) -> None:
    async with Client("http://127.0.0.1:9", "token") as client:
        with pytest.raises(ApiError, match=reason):
            await client.call(jobs.ESTIMATE, config={"learningRate": value})


def evaluation(**facts: Any) -> dict[str, Any]:
    return {
        "model": {"id": "m", "name": "n.pt"},
        "version": {"id": "v", "version": 3, "name": "North block-v3"},
        "split": "TEST",
        "status": "COMPLETED",
        "failureReason": None,
        "metrics": METRICS,
        "seenImages": 0,
        "warnings": [],
        **facts,
    }


def test_a_flattered_evaluation_says_so() -> None:
    lines = model_wording.evaluated(evaluation())
    assert lines[0].startswith("n.pt on the test split of North block-v3: mAP50 0.912,")
    assert [word for word in lines[2].split() if word] == ["pine", "1,234", "0.900", "0.600", "0.80", "0.70"]
    assert "flatter" not in "".join(lines)
    seen = model_wording.evaluated(evaluation(seenImages=2))
    assert seen[-1] == "It was trained on 2 images of that split: the figures flatter it."


def test_a_failed_evaluation_has_its_reason() -> None:
    failed = evaluation(status="FAILED", metrics=None, failureReason="The split is empty.")
    assert model_wording.evaluated(failed) == ["n.pt on the test split of North block-v3: FAILED: The split is empty."]


@pytest.mark.parametrize(
    ("name", "file"),
    [("North block-v3.pt", "North block-v3.pt"), ("../a/b.pt", "_a_b.pt"), ("..\\b.pt", "_b.pt"), ("..", "model.pt")],
)
def test_a_model_stays_in_its_folder_whatever_its_name(name: str, file: str) -> None:
    assert downloading.file_name(name) == file
