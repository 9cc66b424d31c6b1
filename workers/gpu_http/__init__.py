"""The GPU host's small HTTP face: detections on this very host, and its GPU for SAM3. docs/gpu-sharing.md has its
calls."""

from __future__ import annotations

from workers.gpu_http.app import gpu_host_app

__all__ = ["gpu_host_app"]
