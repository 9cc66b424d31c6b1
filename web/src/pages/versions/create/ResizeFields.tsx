import { Select } from "@mantine/core";

import type { ResizeMode } from "../../../api/generated/graphql";
import type { ResizeForm } from "./form";
import { SquareSelect } from "./SquareSelect";

const MODES: { value: ResizeMode; label: string }[] = [
  { value: "FIT_BLACK", label: "Fit, black edges" },
  { value: "FIT_WHITE", label: "Fit, white edges" },
  { value: "FIT_REFLECT", label: "Fit, mirrored edges" },
  { value: "FIT_WITHIN", label: "Fit within, no edges" },
  { value: "FILL_CENTER_CROP", label: "Fill, crop the centre" },
  { value: "STRETCH", label: "Stretch" },
];
const USUAL = [416, 512, 640, 800, 1024, 1280];
const LIMITS = { min: 16, max: 8_192, step: 32 };

export function ResizeFields({
  resize,
  change,
  problems,
}: {
  resize: ResizeForm;
  change: (resize: ResizeForm) => void;
  problems: Record<string, string>;
}) {
  return (
    <>
      <SquareSelect
        label="Size"
        usual={USUAL}
        across={{ label: "Width in pixels", value: resize.width, error: problems["preprocessing.resize.width"] }}
        down={{ label: "Height in pixels", value: resize.height, error: problems["preprocessing.resize.height"] }}
        limits={LIMITS}
        suffix=" px"
        onChange={(width, height) => change({ ...resize, width, height })}
      />
      <Select
        aria-label="How to resize"
        data={MODES}
        value={resize.mode}
        onChange={(mode) => mode && change({ ...resize, mode })}
        allowDeselect={false}
        w={196}
      />
    </>
  );
}
