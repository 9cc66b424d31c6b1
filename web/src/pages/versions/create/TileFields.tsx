import type { TileForm } from "./form";
import { NumberField } from "./NumberField";
import { SquareSelect } from "./SquareSelect";
import classes from "./fields.module.css";

const USUAL = [2, 3, 4];
const LIMITS = { min: 1, max: 16, step: 1 };

export function TileFields({
  tile,
  change,
  problems,
}: {
  tile: TileForm;
  change: (tile: TileForm) => void;
  problems: Record<string, string>;
}) {
  const at = (name: keyof TileForm) => problems[`preprocessing.tile.${name}`];
  return (
    <>
      <SquareSelect
        label="Tiles"
        usual={USUAL}
        across={{ label: "Rows", value: tile.rows, error: at("rows") }}
        down={{ label: "Columns", value: tile.columns, error: at("columns") }}
        limits={LIMITS}
        onChange={(rows, columns) => change({ ...tile, rows, columns })}
      />
      <div className={classes.below}>
        <NumberField
          label="Overlap"
          value={tile.overlap}
          onChange={(overlap) => change({ ...tile, overlap })}
          error={at("overlap")}
          scale={100}
          suffix=" %"
          min={0}
          max={90}
          step={5}
          w={116}
        />
        <NumberField
          label="Keep objects from"
          value={tile.minVisible}
          onChange={(minVisible) => change({ ...tile, minVisible })}
          error={at("minVisible")}
          scale={100}
          suffix=" % in the tile"
          min={0}
          max={100}
          step={5}
          w={204}
        />
      </div>
    </>
  );
}
