"""A frozen version held against the old pipeline's folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.shadow.boxes import Pair, paired
from cli.shadow.frozen import FrozenPicture, FrozenSide
from cli.shadow.label import Label
from cli.shadow.pairing import MatchedBy, Pairer, Pairing
from cli.shadow.report import Difference, Kind, Report, Tally
from cli.shadow.yolo_folder import FolderPicture, YoloFolder


class Comparison:
    """Fills `report`, as long as its `steps` are gone through. Objects are held an image at a time."""

    def __init__(self, frozen: FrozenSide, folder: YoloFolder, same_iou: float) -> None:
        """Boxes of one class that share at least `same_iou`, 0.5 to 1, of their area are equal."""
        self._frozen = frozen
        self._folder = folder
        self._same_iou = same_iou
        names = folder.classes.names
        self.report = Report(frozen.classes, [names[number] for number in sorted(names)])
        self._images = list(frozen.images())
        self._pairing = Pairing()
        self._outlines: list[Difference] = []
        self._folder_has_outlines = False
        self.total = len(folder.pictures) + len(self._images)
        """How many steps there are, about."""

    def steps(self) -> Iterator[None]:
        """Each takes a moment. Raises ApiError for a manifest that is none, and OSError."""
        yield from Pairer(self._images).pair(self._folder.pictures, self._pairing)
        self.report.matched = {how: self._pairing.matched_by(how) for how in MatchedBy}
        for place, labels in enumerate(self._frozen.labels()):
            self._image(place, self._images[place], labels)
            yield
        for place, picture in self._pairing.repeated:
            labels = self._labels(picture)
            self._note(Kind.IMAGE_REPEATED, self._images[place], picture, in_folder=_counted(labels))
        for picture, reason in self._pairing.unmatched:
            labels = self._labels(picture)
            self._note(Kind.IMAGE_ONLY_IN_FOLDER, None, picture, in_folder=reason or _counted(labels))
        # A folder of boxes alone says nothing of outlines.
        self.report.differences += self._outlines if self._folder_has_outlines else []
        self._classes()
        self.report.differences += [
            Difference(Kind.FAULT_IN_FOLDER, picture=fault.where, in_folder=fault.reason)
            for fault in self._folder.faults
        ]

    def _image(self, place: int, image: FrozenPicture, labels: Sequence[Label]) -> None:
        self.report.images[image.split].version += 1
        for label in labels:
            self._tally(label, image.split).version += 1
        matched = self._pairing.of_image.get(place)
        if matched is None:
            self._note(Kind.IMAGE_ONLY_IN_VERSION, image, None, in_version=_counted(labels))
            return
        picture, _ = matched
        if picture.split != image.split:
            self._note(Kind.SPLIT_MOVED, image, picture, in_version=image.split, in_folder=picture.split)
        for pair in paired(labels, self._labels(picture)):
            self._object(image, picture, pair)

    def _labels(self, picture: FolderPicture) -> list[Label]:
        """The picture's objects, counted."""
        labels = self._folder.labels_of(picture)
        self.report.images[picture.split].folder += 1
        for label in labels:
            self._tally(label, picture.split).folder += 1
            self._folder_has_outlines |= label.outline
        return labels

    def _tally(self, label: Label, split: str) -> Tally:
        return self.report.objects.setdefault((label.class_name, split), Tally())

    def _object(self, image: FrozenPicture, picture: FolderPicture, pair: Pair) -> None:
        version, folder = pair.version, pair.folder
        if version is None or folder is None:
            kind = Kind.BOX_ONLY_IN_FOLDER if version is None else Kind.BOX_ONLY_IN_VERSION
            self._note(kind, image, picture, _line(version), _line(folder))
            return
        sides = str(version), str(folder), round(pair.iou, 4)
        if version.outline != folder.outline:
            kind = Kind.OUTLINE_ONLY_IN_VERSION if version.outline else Kind.OUTLINE_ONLY_IN_FOLDER
            self._outlines.append(Difference(kind, image.name, picture.name, *sides))
        if version.class_name != folder.class_name:
            self.report.renamed[version.class_name, folder.class_name] += 1
            self._note(Kind.BOX_OF_OTHER_CLASS, image, picture, *sides)
        elif pair.iou < self._same_iou:
            self._note(Kind.BOX_MOVED, image, picture, *sides)
        else:
            self.report.same_boxes += 1

    def _classes(self) -> None:
        version, folder = self.report.version_classes, self.report.folder_classes
        only = [name for name in version if name not in folder]
        self.report.differences += [Difference(Kind.CLASS_ONLY_IN_VERSION, in_version=name) for name in only]
        only = [name for name in folder if name not in version]
        self.report.differences += [Difference(Kind.CLASS_ONLY_IN_FOLDER, in_folder=name) for name in only]
        ours = [name for name in version if name in folder]
        theirs = [name for name in folder if name in version]
        if ours != theirs:
            self._note(Kind.CLASS_ORDER, None, None, ", ".join(version), ", ".join(folder))

    def _note(
        self,
        kind: Kind,
        image: FrozenPicture | None,
        picture: FolderPicture | None,
        in_version: str | None = None,
        in_folder: str | None = None,
        iou: float | None = None,
    ) -> None:
        names = image.name if image else None, picture.name if picture else None
        self.report.differences.append(Difference(kind, *names, in_version, in_folder, iou))


def _counted(labels: Sequence[Label]) -> str:
    return "1 object" if len(labels) == 1 else f"{len(labels):,} objects"


def _line(label: Label | None) -> str | None:
    return str(label) if label else None
