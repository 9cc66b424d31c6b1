"""A file of annotations to the server, and what it made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cli.annotation_file import AnnotationFile
from cli.client import Client
from cli.delivery import TARGET, Target, deliver
from cli.lines import counted, say, say_some
from cli.local_file import fingerprint

_REQUEST = f"""
mutation ($input: RequestFileUploadInput!) {{
  requestFileUpload(input: $input) {{ upload {{ {TARGET} }} userErrors {{ code message field }} }}
}}
"""
_IMPORT = """
mutation ($input: ImportAnnotationsInput!) {
  importAnnotations(input: $input) { job { id } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  importProgress(jobId: $jobId, after: $after) { cursor done total }
}
"""
_JOB = """
query ($id: ID!) {
  importJob(id: $id) {
    id status imported skipped failureReason warnings { message }
    skippedItems(first: 20) { nodes { where reason } }
  }
}
"""


async def import_and_tell(client: Client, project_id: str, annotations: AnnotationFile, keep_splits: bool) -> bool:
    """Imports the file and prints what came of it; False when the import failed. Raises ApiError, FileFaultError."""
    name = annotations.file.name
    say(f"Importing {name} as {annotations.format.value} …")
    job = await _imported(client, project_id, annotations, keep_splits)
    if job["status"] != "COMPLETED":
        say(f"The import of {name} failed: {job['failureReason'] or job['status']}")
        return False
    say(f"{counted(job['imported'], 'annotation')} imported, {job['skipped']:,} skipped.")
    for warning in job["warnings"]:
        say(warning["message"])
    items = [f"{item['where']}: {item['reason']}" for item in job["skippedItems"]["nodes"]]
    query = f'{{ importJob(id: "{job["id"]}") {{ skippedItems(first: 200) {{ nodes {{ where reason }} }} }} }}'
    say_some("Skipped:", items, job["skipped"], f" All of them: ask the API for {query}")
    return True


async def _imported(client: Client, project_id: str, annotations: AnnotationFile, keep_splits: bool) -> dict[str, Any]:
    """The job at its end."""
    upload_id = await _sent(client, project_id, annotations, lambda _: None)
    order = {
        "projectId": project_id,
        "format": annotations.format.value,
        "uploadId": upload_id,
        "keepSplits": keep_splits,
    }
    job_id = (await client.call(_IMPORT, input=order))["job"]["id"]
    async for _ in client.follow(_PROGRESS, jobId=job_id):
        pass
    job: dict[str, Any] = await client.call_again(_JOB, id=job_id)
    return job


async def _sent(client: Client, project_id: str, annotations: AnnotationFile, count: Callable[[int], None]) -> str:
    """The id of the upload, once the server has the bytes."""
    file = annotations.file
    announced = await fingerprint(file)
    facts = {"filename": file.name, "sizeBytes": announced.size_bytes, "sha256": announced.sha256}

    async def ask() -> Target:
        return Target.of((await client.call_again(_REQUEST, input={"projectId": project_id, **facts}))["upload"])

    target = await deliver(client, file, announced, await ask(), ask, count)
    if target.upload_id is None:
        raise AssertionError("requestFileUpload names an upload, by its contract")
    return target.upload_id
