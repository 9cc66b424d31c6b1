"""Object keys. Each begins with the team, so that knowing a hash never gives another team's bytes."""

from __future__ import annotations


def upload_key(team_id: str, upload_id: str) -> str:
    return f"teams/{team_id}/uploads/{upload_id}"


def original_key(team_id: str, sha256: str) -> str:
    return f"teams/{team_id}/originals/{sha256[:2]}/{sha256}"


def manifest_key(team_id: str, project_id: str, version: int, sha256: str) -> str:
    return f"teams/{team_id}/projects/{project_id}/versions/v{version}/manifest-{sha256}.json"


def weights_key(team_id: str, sha256: str) -> str:
    return f"teams/{team_id}/weights/{sha256}.pt"


def probe_key(team_id: str, probe_id: str) -> str:
    """An image that was sent along with a detection; it is deleted after the answer."""
    return f"teams/{team_id}/probes/{probe_id}"
