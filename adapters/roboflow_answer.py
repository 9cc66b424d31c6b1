"""Roboflow's answers about an image, held against what they should be.

The form is that of its hosted object detection (docs.roboflow.com, "Object Detection API"): each box by its centre, in
pixels of the image as it was sent, EXIF orientation applied.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import DomainError
from domain.models.detection import Detection, FoundObjects
from domain.models.geometry import Box
from domain.ports import RoboflowError, RoboflowFault
from domain.shapes import checked_class_name

_FURTHEST = 1e6
_MOST = 100_000

_Place = Annotated[float, Field(ge=-_FURTHEST, le=_FURTHEST)]
_Length = Annotated[float, Field(gt=0, le=_FURTHEST)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Side = Annotated[int, Field(gt=0, le=_FURTHEST)]


class _Prediction(BaseModel):
    model_config = ConfigDict(strict=True)

    x: _Place
    y: _Place
    width: _Length
    height: _Length
    confidence: _Share
    name: Annotated[str, Field(alias="class")]


class _Image(BaseModel):
    """Its numbers come as numbers or as text."""

    width: _Side
    height: _Side


class _Answer(BaseModel):
    image: _Image
    predictions: Annotated[list[_Prediction], Field(max_length=_MOST)]


def read_answer(body: bytes, confidence: float) -> FoundObjects:
    """What was found with that confidence and above; the times are 0. Raises RoboflowError for an answer of another
    form, or one whose numbers make no sense."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        raise _not_understood(_told(error)) from error
    width, height = answer.image.width, answer.image.height
    found = [
        Detection(_class_name(one), one.confidence, _box(one).clipped(width, height))
        for one in answer.predictions
        if one.confidence >= confidence
    ]
    return FoundObjects(tuple(one for one in found if one.box.area > 0), width, height, 0.0, 0.0)


def _box(one: _Prediction) -> Box:
    return Box(one.x - one.width / 2, one.y - one.height / 2, one.width, one.height)


def _class_name(one: _Prediction) -> str:
    try:
        return checked_class_name(one.name)
    except DomainError as error:
        raise _not_understood(error.message.rstrip(".")) from error


def _told(error: ValidationError) -> str:
    """The place and what is wrong there, not what stands there: nobody knows what that is."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}; is it a model that detects objects?" if place else first["msg"]


def _not_understood(why: str) -> RoboflowError:
    return RoboflowError(f"Roboflow's answer cannot be understood ({why}).", RoboflowFault.SERVICE)
