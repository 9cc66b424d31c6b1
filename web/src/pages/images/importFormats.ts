import type { ExportFormat } from "../../api/generated/graphql";

export const IMPORT_FORMATS: readonly { value: ExportFormat; label: string; file: string }[] = [
  { value: "YOLO", label: "YOLO", file: "A zip with data.yaml or classes.txt, and label files" },
  { value: "YOLO_SEG", label: "YOLO with polygons", file: "A zip with data.yaml or classes.txt, and label files" },
  { value: "COCO", label: "COCO", file: "A .json file, or a zip of several" },
  { value: "PASCAL_VOC", label: "Pascal VOC", file: "A zip of .xml files, or one of them" },
  { value: "CREATEML", label: "CreateML", file: "A .json file, or a zip of them" },
  { value: "CSV", label: "CSV", file: "With the columns filename, width, height, class, xmin, ymin, xmax, ymax" },
];

/** What a file of this name most likely is. */
export function likelyFormat(filename: string): ExportFormat {
  const ending = filename.toLowerCase().split(".").at(-1);
  if (ending === "csv") return "CSV";
  if (ending === "xml") return "PASCAL_VOC";
  if (ending === "json") return /createml/i.test(filename) ? "CREATEML" : "COCO";
  return /voc/i.test(filename) ? "PASCAL_VOC" : /coco/i.test(filename) ? "COCO" : /seg/i.test(filename) ? "YOLO_SEG" : "YOLO";
}
