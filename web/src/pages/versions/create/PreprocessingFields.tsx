import { Checkbox } from "@mantine/core";

import { USUAL_RESIZE, USUAL_TILE, type PreprocessingForm, type Section } from "./form";
import { FormSection } from "./FormSection";
import { MorePreprocessing } from "./MorePreprocessing";
import { ResizeFields } from "./ResizeFields";
import { TileFields } from "./TileFields";
import classes from "./fields.module.css";

/** Applied to every image. */
export function PreprocessingFields(section: Section<PreprocessingForm>) {
  const { value, change, problems } = section;
  const { resize, tile } = value;
  return (
    <FormSection title="Preprocessing">
      <div className={classes.rows}>
        <div className={classes.row}>
          <Checkbox
            label="Resize to"
            checked={resize !== null}
            onChange={(event) => change({ resize: event.currentTarget.checked ? USUAL_RESIZE : null })}
          />
          {resize && <ResizeFields resize={resize} change={(next) => change({ resize: next })} problems={problems} />}
        </div>
        <div className={classes.row}>
          <Checkbox
            label="Auto-Orient"
            checked={value.autoOrient}
            onChange={(event) => change({ autoOrient: event.currentTarget.checked })}
          />
        </div>
        <div className={classes.row}>
          <Checkbox
            label="Tile"
            checked={tile !== null}
            onChange={(event) => change({ tile: event.currentTarget.checked ? USUAL_TILE : null })}
          />
          {tile && <TileFields tile={tile} change={(next) => change({ tile: next })} problems={problems} />}
        </div>
      </div>
      <MorePreprocessing {...section} />
    </FormSection>
  );
}
