"""The short listing of annotated images that the README describes, as a COCO file: the API imports that."""

from __future__ import annotations

from typing import Any


def is_listing(document: Any) -> bool:
    """Whether the JSON document is such a listing: images by `file`, annotations by `image`, and no categories."""
    if not isinstance(document, dict) or "categories" in document:
        return False
    images, annotations = document.get("images"), document.get("annotations")
    if not isinstance(images, list) or not isinstance(annotations, list):
        return False
    return _all_name(images, "file") and _all_name(annotations, "image")


def coco_of(listing: dict[str, Any]) -> dict[str, Any]:
    """Image for image and annotation for annotation, in the same places: what the server says of `annotations[7]` is
    true of the listing's. What is wrong with one is left for the server to say."""
    numbers: dict[str, int] = {}
    for number, image in enumerate(listing["images"], 1):
        numbers.setdefault(str(image["file"]), number)
    labels = {_label(annotation) for annotation in listing["annotations"]}
    categories = {label: number for number, label in enumerate(sorted(labels - {None}, key=str), 1)}
    return {
        "images": [_image(number, image) for number, image in enumerate(listing["images"], 1)],
        "annotations": [
            _annotation(number, annotation, numbers, categories)
            for number, annotation in enumerate(listing["annotations"], 1)
        ],
        "categories": [{"id": number, "name": label} for label, number in categories.items()],
    }


def _image(number: int, image: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "file_name": image["file"], "width": image.get("width"), "height": image.get("height")}


def _annotation(
    number: int, annotation: dict[str, Any], numbers: dict[str, int], categories: dict[str | None, int]
) -> dict[str, Any]:
    name = annotation["image"]
    coco = {
        "id": number,
        # A name that is not listed stays a name, so that the server's sentence has it.
        "image_id": numbers.get(str(name), name),
        "category_id": categories.get(_label(annotation)),
        "bbox": annotation.get("bbox"),
    }
    polygon = annotation.get("polygon")
    if polygon:
        coco["segmentation"] = [_flat(polygon)]
    return coco


def _label(annotation: dict[str, Any]) -> str | None:
    label = annotation.get("label")
    return label if isinstance(label, str) else None


def _flat(polygon: Any) -> Any:
    """x, y, x, y … of pairs; anything else as it is."""
    if isinstance(polygon, list) and all(isinstance(point, list) for point in polygon):
        return [value for point in polygon for value in point]
    return polygon


def _all_name(items: list[Any], field: str) -> bool:
    return all(isinstance(item, dict) and field in item for item in items)
