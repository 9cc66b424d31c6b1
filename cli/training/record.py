"""Training jobs as the API tells them, and the one that a command means."""

from __future__ import annotations

from typing import Any

from cli.client import Client

_WARNINGS = "warnings { code message count }"
_METRICS = "metrics { mAP50 mAP5095 precision recall }"
_SUMMARY = f"""
id status epoch progress createdAt startedAt finishedAt failureReason startingWeights attempts device etaSeconds
queuePosition version {{ id version name }} model {{ id name {_METRICS} }} config {{ baseModel epochs }}
"""
_JOB = f"""
{_SUMMARY}
project {{ id name }}
createdBy {{ id name }}
checkpointModel {{ id name }}
cancelRequestedAt worker
config {{ baseModel epochs batchSize imageSize learningRate patience seed effective }}
epochs {{ epoch boxLoss clsLoss dflLoss precision recall mAP50 mAP5095 learningRate seconds }}
{_WARNINGS}
"""
READ = f"query ($id: ID!) {{ trainingJob(id: $id) {{ {_JOB} }} }}"
LIST = f"""
query ($id: ID!, $status: [TrainingJobStatus!], $after: String) {{
  project(id: $id) {{
    trainingJobs(first: 200, after: $after, status: $status) {{
      nodes {{ {_SUMMARY} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""
START = """
mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { job { id } userErrors { code message field } }
}
"""
CANCEL = """
mutation ($id: ID!) { cancelTraining(id: $id) { job { id status } userErrors { code message field } } }
"""
RESUME = CANCEL.replace("cancelTraining", "resumeTraining")
PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  trainingProgress(jobId: $jobId, after: $after) {
    cursor kind status epoch epochs batch batches etaSeconds message metrics { mAP50 seconds }
  }
}
"""
LOG = "query ($id: ID!, $lines: Int!) { trainingJob(id: $id) { logTail(lines: $lines) } }"
CURSOR = "query ($id: ID!) { trainingJob(id: $id) { eventCursor } }"
ESTIMATE = """
query ($versionId: ID!, $config: TrainingConfigInput!) {
  trainingEstimate(versionId: $versionId, config: $config) { seconds basedOnJobs device }
}
"""


async def read_job(client: Client, job_id: str) -> dict[str, Any]:
    """All that the API tells of a job. Raises ApiError."""
    job: dict[str, Any] = await client.call_again(READ, id=job_id)
    return job


async def list_jobs(client: Client, project_id: str, statuses: list[str] | None) -> list[dict[str, Any]]:
    """The jobs of a project, newest first; of those statuses only, where some are given. Raises ApiError."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await client.call_again(LIST, id=project_id, status=statuses, after=after))["trainingJobs"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
