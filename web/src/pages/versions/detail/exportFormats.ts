import type { ExportFormat } from "../../../api/generated/graphql";

export interface FormatWords {
  value: ExportFormat;
  name: string;
  use: string;
}

export const EXPORT_FORMATS: FormatWords[] = [
  { value: "YOLO", name: "YOLO", use: "Boxes as text files: Ultralytics and Darknet." },
  { value: "YOLO_SEG", name: "YOLO segmentation", use: "Outlines as text files: segmentation with Ultralytics." },
  { value: "COCO", name: "COCO", use: "One JSON file a split: Detectron2, MMDetection and most tools." },
  { value: "PASCAL_VOC", name: "Pascal VOC", use: "One XML file an image: many labelling tools." },
  { value: "CREATEML", name: "Create ML", use: "One JSON file a split: Apple's Create ML." },
  { value: "CSV", name: "CSV", use: "One table a split: spreadsheets and scripts of your own." },
];
