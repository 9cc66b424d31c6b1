"""README.dataset.txt, which tells a person what the archive holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BESIDE = """\
sources.csv names the original image of each picture, its tile and its augmented copy (0 is the picture itself).
manifest.json is the frozen version. "sha256sum -c SHA256SUMS" checks all files.
"""


def readme(title: str, classes: Sequence[str], pictures: Mapping[str, int], objects: int, layout: str) -> bytes:
    """UTF-8 text. `pictures` counts those of each split by the split's folder, `layout` is the format's own part."""
    width = len(str(len(classes)))
    lines = [
        title,
        "=" * len(title),
        "",
        f"{sum(pictures.values()):,} pictures with {objects:,} objects of {len(classes):,} classes.",
        "",
        *(f"{folder}: {count:,} pictures" for folder, count in pictures.items()),
        "",
        "Classes, numbered from 0:",
        "",
        *(f"{number:>{width}}  {name}" for number, name in enumerate(classes)),
        "",
        layout,
        _BESIDE,
    ]
    return "\n".join(lines).encode()
