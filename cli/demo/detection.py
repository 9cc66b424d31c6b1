"""Finding plants on images that were never uploaded to the project."""

from collections.abc import Sequence

from cli.client import Client
from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from cli.demo.score import Score, score
from cli.demo.screen import Step

_CONFIDENCE = 0.35

_DETECT = """
mutation ($projectId: ID!, $file: Upload!, $confidence: Float!) {
  detect(input: {projectId: $projectId, source: {image: $file}, confidence: $confidence}) {
    result {
      model backend imageWidth imageHeight inferenceMs
      detections { weedType confidence box { x y width height } }
    }
    userErrors { code message field }
  }
}
"""


async def detect(
    client: Client, project_id: str, images: Sequence[LabelledImage], step: Step
) -> tuple[list[list[Box]], Score]:
    """What the project's active model finds on each image, and how it matches the truth on all of them together."""
    found: list[list[Box]] = []
    total = Score()
    for index, image in enumerate(images):
        step.show(index, len(images), image.name)
        answer = await client.call_with_file(
            _DETECT, image.read(), image.filename, projectId=project_id, confidence=_CONFIDENCE
        )
        boxes = [
            Box(hit["weedType"], **hit["box"], confidence=hit["confidence"]) for hit in answer["result"]["detections"]
        ]
        found.append(boxes)
        total += score(boxes, image.boxes)
    step.say(
        f"{total.right} of {total.right + total.missed} plants found on {len(images)} images nobody trained on, "
        f"{total.wrong} false, F1 {total.f1:.2f}"
    )
    return found, total
