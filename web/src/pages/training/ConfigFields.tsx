import { Accordion, Fieldset, NumberInput, Select, SimpleGrid, Stack } from "@mantine/core";

import type { BaseModel } from "../../api/generated/graphql";
import { BASE_MODELS, baseModelName } from "./baseModels";
import { FOLD } from "./fold";
import { IMAGE_SIZE, type Checkpoint, type TrainingForm } from "./trainingForm";

interface Fields {
  form: TrainingForm;
  onChange: (part: Partial<TrainingForm>) => void;
  problems: Record<string, string>;
}

/** The network and how it is trained; what is rarely changed is behind a fold. */
export function ConfigFields({ form, onChange, problems, checkpoint }: Fields & { checkpoint: Checkpoint | undefined }) {
  return (
    <Fieldset legend="Training Configuration" styles={{ legend: { fontWeight: 600 } }}>
      <Stack gap="sm">
        <Select
          label="Base Model"
          data={BASE_MODELS}
          value={checkpoint?.baseModel ?? form.baseModel}
          onChange={(value) => value && onChange({ baseModel: value as BaseModel })}
          allowDeselect={false}
          disabled={checkpoint !== undefined}
          description={
            checkpoint &&
            `${checkpoint.name} is a ${baseModelName(checkpoint.baseModel)}; what goes on from it has the same architecture.`
          }
          error={problems["config.baseModel"]}
        />
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <Whole label="Epochs" name="epochs" form={form} onChange={onChange} problems={problems} min={1} max={10_000} />
          <Whole label="Batch Size" name="batchSize" form={form} onChange={onChange} problems={problems} min={1} max={1_024} />
          <Whole
            label="Image Size"
            name="imageSize"
            form={form}
            onChange={onChange}
            problems={problems}
            min={IMAGE_SIZE.least}
            max={IMAGE_SIZE.most}
            step={IMAGE_SIZE.step}
            suffix=" px"
          />
        </SimpleGrid>
        <Rare form={form} onChange={onChange} problems={problems} />
      </Stack>
    </Fieldset>
  );
}

const RARE = ["learningRate", "patience", "seed"] as const;

function Rare({ form, onChange, problems }: Fields) {
  const wrong = RARE.some((field) => problems[`config.${field}`]);
  return (
    <Accordion chevronPosition="left" styles={FOLD} {...(wrong && { value: "more" })}>
      <Accordion.Item value="more">
        <Accordion.Control>More settings</Accordion.Control>
        <Accordion.Panel>
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
            <NumberInput
              label="Learning rate"
              description="Empty: automatic"
              placeholder="Automatic"
              value={form.learningRate}
              onChange={(value) => onChange({ learningRate: typeof value === "number" ? value : "" })}
              min={0}
              max={1}
              step={0.001}
              decimalScale={6}
              clampBehavior="none"
              error={problems["config.learningRate"]}
            />
            <Whole
              label="Patience"
              description="Epochs; 0: never stop"
              name="patience"
              form={form}
              onChange={onChange}
              problems={problems}
              min={0}
            />
            <Whole
              label="Seed"
              description="Same seed, same result"
              name="seed"
              form={form}
              onChange={onChange}
              problems={problems}
              min={0}
            />
          </SimpleGrid>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

/** The largest whole number that the API carries. */
const LARGEST = 2 ** 31 - 1;

function Whole({
  label,
  description,
  name,
  form,
  onChange,
  problems,
  min,
  max,
  step,
  suffix,
}: Fields & {
  label: string;
  description?: string;
  name: "epochs" | "batchSize" | "imageSize" | "patience" | "seed";
  min: number;
  max?: number;
  step?: number;
  suffix?: string;
}) {
  return (
    <NumberInput
      label={label}
      description={description}
      value={form[name]}
      onChange={(value) => onChange({ [name]: typeof value === "number" ? value : "" })}
      min={min}
      max={max}
      step={step}
      suffix={suffix}
      thousandSeparator=","
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      isAllowed={({ floatValue }) => floatValue === undefined || floatValue <= LARGEST}
      error={problems[`config.${name}`]}
    />
  );
}
