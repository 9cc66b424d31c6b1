import { Checkbox } from "@mantine/core";

import { CUTOUTS, withSteps, type Amount, type Augmentation } from "./augmentation";
import { Fold } from "./Fold";
import type { Section } from "./form";
import { NumberField } from "./NumberField";
import { SeedField } from "./SeedField";
import { StepRow, TurnRow } from "./StepRow";
import classes from "./fields.module.css";

const REST: Amount[] = ["exposure", "saturation", "hue", "shear", "crop", "blur", "noise", "grayscale"];

export function MoreAugmentation(section: Section<Augmentation>) {
  const { value, change, problems } = section;
  const set = value.rotate90 || value.cutoutCount > 0 || value.seed > 0 || REST.some((name) => value[name] > 0);
  const wrong = [...REST, "cutoutCount", "cutoutSize", "seed"].some((name) => problems[`augmentation.${name}`]);
  return (
    <Fold title="More augmentation" set={set} wrong={wrong}>
      <div className={classes.pair}>
        <TurnRow name="rotate90" label="Quarter turns" {...section} />
        {REST.map((name) => (
          <StepRow key={name} name={name} {...section} />
        ))}
      </div>
      <CutoutRow {...section} />
      <SeedField
        value={value.seed}
        description="Another seed draws other copies."
        error={problems["augmentation.seed"]}
        onChange={(seed) => change({ seed })}
      />
    </Fold>
  );
}

/** Black boxes: how many, and how large; both or neither. */
function CutoutRow({ value, change, problems }: Section<Augmentation>) {
  const { cutoutCount, cutoutSize } = value;
  const on = cutoutCount > 0 || cutoutSize > 0;
  const set = (cutouts: Partial<Augmentation>) => change(withSteps(value, cutouts));
  return (
    <div className={classes.row}>
      <Checkbox
        label="Cutouts"
        checked={on}
        onChange={(event) =>
          set(
            event.currentTarget.checked
              ? { cutoutCount: CUTOUTS.usualCount, cutoutSize: CUTOUTS.usualSize }
              : { cutoutCount: 0, cutoutSize: 0 },
          )
        }
      />
      {on && (
        <>
          <NumberField
            aria-label="Number of cutouts"
            value={cutoutCount}
            onChange={(count) => set({ cutoutCount: count })}
            error={problems["augmentation.cutoutCount"]}
            suffix=" boxes"
            min={1}
            max={CUTOUTS.mostCount}
            allowDecimal={false}
            className={classes.amount}
          />
          <NumberField
            aria-label="Side of a cutout in percent"
            value={cutoutSize}
            onChange={(side) => set({ cutoutSize: side })}
            error={problems["augmentation.cutoutSize"]}
            scale={100}
            suffix=" % wide"
            min={1}
            max={100}
            step={5}
            className={classes.amount}
          />
        </>
      )}
    </div>
  );
}
