"""Object keys. Each begins with the team, so that knowing a hash never gives another team's bytes."""

from __future__ import annotations


def upload_key(team_id: str, upload_id: str) -> str:
    return f"teams/{team_id}/uploads/{upload_id}"


def original_key(team_id: str, sha256: str) -> str:
    return f"teams/{team_id}/originals/{sha256[:2]}/{sha256}"


THUMBNAIL_SIZES = (64, 160, 320, 640)
"""Pixels of the longer side at most."""


def thumbnail_key(team_id: str, sha256: str, size: int) -> str:
    """The small JPEG of the image with that SHA-256; `size` is one of THUMBNAIL_SIZES."""
    return f"teams/{team_id}/thumbnails/{sha256[:2]}/{sha256}-{size}.jpg"


def file_key(team_id: str, upload_id: str) -> str:
    """A file that is no image, as the client PUT it."""
    return f"teams/{team_id}/files/uploads/{upload_id}"


def annotation_export_key(team_id: str, project_id: str, sha256: str, extension: str) -> str:
    return f"teams/{team_id}/files/exports/{project_id}/{sha256}.{extension}"


def manifest_key(team_id: str, project_id: str, version: int, sha256: str) -> str:
    return f"teams/{team_id}/projects/{project_id}/versions/v{version}/manifest-{sha256}.json"


def manifests_prefix(team_id: str) -> str:
    """Under which all manifests of a team lie, and nothing else."""
    return f"teams/{team_id}/projects/"


def diff_key(team_id: str, from_sha256: str, to_sha256: str) -> str:
    """What changed between two manifests, named by their SHA-256 values; it can be worked out again at any time."""
    return f"teams/{team_id}/diffs/{from_sha256}-{to_sha256}.json"


def export_key(team_id: str, export_id: str, attempt: int) -> str:
    """The zip file that an attempt at an export of a version writes."""
    return f"teams/{team_id}/exports/{export_id}/{attempt}.zip"


def weights_key(team_id: str, sha256: str) -> str:
    return f"teams/{team_id}/weights/{sha256}.pt"


def model_file_key(team_id: str, weights_sha256: str, sha256: str, suffix: str) -> str:
    """What a training made beside the weights of that SHA-256; `suffix` begins with a dot."""
    return f"teams/{team_id}/models/{weights_sha256}/{sha256}{suffix}"


def state_key(team_id: str, job_id: str, sha256: str) -> str:
    """The whole state of a training after some epoch, to go on from; its bytes have that SHA-256."""
    return f"{states_prefix(team_id, job_id)}{sha256}.pt"


def states_prefix(team_id: str, job_id: str) -> str:
    """Under which all states of that training lie, and nothing else."""
    return f"teams/{team_id}/attempts/{job_id}/"


def probe_key(team_id: str, probe_id: str) -> str:
    """An image that was sent along with a detection; it is deleted after the answer."""
    return f"teams/{team_id}/probes/{probe_id}"
