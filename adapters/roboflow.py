"""Roboflow's hosted detection."""

from __future__ import annotations

from domain.models.detection import FoundObjects
from domain.ports import RoboflowError


class RoboflowClient:
    """Fulfils domain.ports.Roboflow."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key

    @property
    def configured(self) -> bool:
        return bool(self._api_key)

    async def detect(self, model: str, image: bytes, confidence: float, iou: float) -> FoundObjects:
        raise RoboflowError("Roboflow cannot be asked yet.")
