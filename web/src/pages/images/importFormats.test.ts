import { expect, it } from "vitest";

import { likelyFormat } from "./importFormats";

it.each([
  ["labels.CSV", "CSV"],
  ["_annotations.coco.json", "COCO"],
  ["_annotations.createml.json", "CREATEML"],
  ["DJI_0001.xml", "PASCAL_VOC"],
  ["fields.v3.yolov11-seg.zip", "YOLO_SEG"],
  ["fields.voc.zip", "PASCAL_VOC"],
  ["fields.zip", "YOLO"],
] as const)("takes %s for %s", (name, format) => {
  expect(likelyFormat(name)).toBe(format);
});
