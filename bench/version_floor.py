"""The least that making a version could take: a script that streams the same columns of the same rows with the same
driver, serialises, hashes and writes them, and has the server copy the rows of the images."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import aiomysql
import orjson
from sqlalchemy import URL

_IMAGE = (
    "a.id, a.fileName, a.s3Key, a.sha256, a.fileSize, a.imageWidth, a.imageHeight, a.orientation, a.gpsLatitude, "
    "a.gpsLongitude, a.uploadBatchId, a.perceptualHash, a.importedSplit"
)
_ANNOTATION = "m.id, m.weedType, m.coordinates, m.geoCoordinates, m.confidence, m.verified, m.source"
_DRAWN = "JOIN AnnotationSession s ON s.assetId = a.id JOIN ManualAnnotation m ON m.sessionId = s.id"
_OF_PROJECT = "WHERE a.projectId = %s AND a.sha256 IS NOT NULL ORDER BY a.sha256"

ONE_JOIN = (f"SELECT {_IMAGE}, {_ANNOTATION} FROM Asset a {_DRAWN} {_OF_PROJECT}",)  # noqa: S608
"""The plain way: each row is an annotation with the columns of its image."""
IMAGES_APART = (
    f"SELECT {_IMAGE} FROM Asset a {_OF_PROJECT}",  # noqa: S608
    f"SELECT a.sha256, {_ANNOTATION} FROM Asset a {_DRAWN} {_OF_PROJECT}",  # noqa: S608
)
"""The sparing way: the columns of an image are read once."""

_COPY = (
    "INSERT INTO TrainingDatasetAsset (id, datasetId, assetId, position, split, fileName, s3Key, sha256, imageWidth, "
    "imageHeight, gpsLatitude, gpsLongitude, annotationCount) SELECT CONCAT('floor', LPAD(n.position, 27, '0')), %s, "
    "n.id, n.position, 'TRAIN', fileName, s3Key, sha256, imageWidth, imageHeight, gpsLatitude, gpsLongitude, 10 "
    "FROM (SELECT a.*, ROW_NUMBER() OVER (ORDER BY a.sha256) - 1 AS position FROM Asset a "
    "WHERE a.projectId = %s AND a.sha256 IS NOT NULL) n"
)
_CLEAR = "DELETE FROM TrainingDatasetAsset WHERE datasetId = %s"
_AT_ONCE = 1000


async def floor_seconds(url: URL, project_id: str, version_id: str, statements: tuple[str, ...], path: Path) -> float:
    """Seconds to stream `statements` to `path` and to write rows for the version, which are gone afterwards."""
    driver = await aiomysql.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=url.password or "", db=url.database
    )
    try:
        started = time.perf_counter()
        with path.open("wb") as file:
            digest = hashlib.sha256()
            for statement in statements:
                await _stream(driver, statement, project_id, file, digest)
        async with driver.cursor() as cursor:
            await cursor.execute(_COPY, (version_id, project_id))
            await driver.commit()
            seconds = time.perf_counter() - started
            await cursor.execute(_CLEAR, (version_id,))
            await driver.commit()
    finally:
        driver.close()
    return seconds


async def _stream(driver: Any, statement: str, project_id: str, file: Any, digest: Any) -> None:
    async with driver.cursor(aiomysql.SSCursor) as cursor:
        await cursor.execute(statement, (project_id,))
        while rows := await cursor.fetchmany(_AT_ONCE):
            for row in rows:
                line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
                digest.update(line)
                file.write(line)
