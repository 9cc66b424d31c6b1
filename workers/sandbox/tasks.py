"""What a sandboxed child can be asked to do."""

from __future__ import annotations

from collections.abc import Mapping

TASKS: Mapping[str, str] = {
    "annotations": "workers.importing.task:parse_file",
    "image": "workers.image_facts:read_image_facts",
    "preview": "workers.preview_task:render_preview",
    "render": "workers.render_task:render_image",
}
"""A task's name, and the `module:function` that a child imports and calls with the arguments of each call."""


class RefusedError(Exception):
    """Base of what a task raises when the file is at fault; the message is a sentence that a person can act on."""
