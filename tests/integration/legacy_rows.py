"""Rows as AgriDrone Ops left them before versioning: two in most tables, written without the code under test."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnClause, column, insert, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

AT = "2024-05-01 10:20:30.123456"
LATER = "2024-05-02 00:00:00.000000"
Row = dict[str, Any]

TEAM: Row = {"teamId": "team-1", "createdAt": AT}
BOX = '{"box": {"x": 1.5, "y": 2, "width": 30, "height": 40}, "polygon": null}'
POINTS = "[[1, 2], [30, 2], [30, 40]]"
COUNTS: Row = {"imageCount": 10, "labelCount": 55, "trainCount": 8, "valCount": 1, "testCount": 1}

LEGACY_ROWS: dict[str, list[Row]] = {
    "Team": [{"id": "team-1", "name": "Équipe Ñandú 🌱", "createdAt": AT}],
    "User": [{"id": "user-1", "name": "Ana", "email": "ana@example.org", "createdAt": AT}],
    "TeamMember": [{"id": "member-1", "userId": "user-1", "role": "OWNER", **TEAM}],
    "Project": [{"id": "project-1", "name": "North block", **TEAM}, {"id": "project-2", "name": "South", **TEAM}],
    "UploadBatch": [{"id": "batch-1", "projectId": "project-1", "name": "May flight", "createdAt": AT}],
    "Asset": [
        {
            "id": "asset-1",
            "projectId": "project-1",
            "uploadBatchId": "batch-1",
            "fileName": "DJI 0001.JPG",
            "s3Key": "uploads/DJI 0001.JPG",
            "fileSize": 6_000_000_000,
            "mimeType": "image/jpeg",
            "imageWidth": 5280,
            "imageHeight": 3956,
            "gpsLatitude": -33.868_819_999_5,
            "gpsLongitude": 151.209_29,
            "capturedAt": LATER,
            "createdAt": AT,
        },
        {"id": "asset-2", "projectId": "project-1", "fileName": "b.tif", "s3Key": "uploads/b.tif", "createdAt": AT},
    ],
    "AnnotationSession": [{"id": "session-1", "assetId": "asset-1", "userId": "user-1", "createdAt": AT}],
    "ManualAnnotation": [
        {
            "id": f"annotation-{number}",
            "sessionId": "session-1",
            "weedType": "wattle",
            "coordinates": coordinates,
            "geoCoordinates": POINTS,
            "confidence": 0.123_456_789_012_345,
            "verified": 1,
            "createdAt": AT,
            "updatedAt": LATER,
        }
        for number, coordinates in enumerate((BOX, POINTS), 1)
    ],
    "PendingAnnotation": [
        {
            "id": "pending-1",
            "assetId": "asset-1",
            "weedType": "pine",
            "coordinates": BOX,
            "confidence": 0.75,
            "source": "SAM3",
            "status": "REJECTED",
            "createdAt": AT,
        }
    ],
    "TrainingDataset": [
        {
            "id": f"dataset-{number}",
            "name": f"weeds {number}",
            "s3Bucket": "agridrone",
            "s3Path": f"datasets/{number}.zip",
            "classes": '["pine", "wattle"]',
            "augmentationPreset": "medium",
            "augmentationConfig": '{"flip": true}',
            "projectId": f"project-{number}",
            "updatedAt": LATER,
            **COUNTS,
            **TEAM,
        }
        for number in (1, 2)
    ],
    "TrainingJob": [
        {
            "id": f"job-{number}",
            "datasetId": f"dataset-{number}",
            "status": "COMPLETED",
            "baseModel": "YOLO11N",
            "epochs": 100,
            "batchSize": 16,
            "imageSize": 640,
            "learningRate": 0.001,
            "currentEpoch": 100,
            "errorMessage": "none",
            "startedAt": AT,
            "completedAt": LATER,
            **TEAM,
        }
        for number in (1, 2)
    ],
    "TrainedModel": [
        {
            "id": "model-1",
            "name": "weeds 1",
            "trainingJobId": "job-1",
            "projectId": "project-1",
            "weightsPath": "models/weeds 1/best.pt",
            "classes": '["pine", "wattle"]',
            **TEAM,
        }
    ],
}


async def insert_legacy_rows(connection: AsyncConnection) -> None:
    for name, rows in LEGACY_ROWS.items():
        for row in rows:
            await connection.execute(insert(table(name, *(column(key) for key in row))).values(row))


async def read_legacy_rows(connection: AsyncConnection) -> dict[str, list[Row]]:
    """Every legacy column of every legacy table, as the database has it: nothing decoded."""
    found: dict[str, list[Row]] = {}
    for name, rows in LEGACY_ROWS.items():
        columns: list[ColumnClause[Any]] = [column(key) for key in rows[0]]
        statement = table(name, *columns).select().order_by(text("id"))
        found[name] = [dict(row) for row in (await connection.execute(statement)).mappings()]
    return found
