import { Skeleton, Text } from "@mantine/core";

import { useProject } from "../../../api/projectContext";
import { ClassName } from "../../../components/ClassName";
import { count } from "../../../components/numbers";
import { FormSection } from "./FormSection";
import type { Preview } from "./useVersionPreview";
import classes from "./fields.module.css";

/** What there is to freeze, under the filters chosen. */
export function SourceData({ preview }: { preview: Preview | undefined }) {
  const { totalImages, totalAnnotations } = useProject();
  return (
    <FormSection title="Source Data">
      <dl className={classes.facts}>
        <Fact name="Total Images" value={preview?.imageCount} all={totalImages} />
        <Fact name="Total Annotations" value={preview?.annotationCount} all={totalAnnotations} />
        <Text component="dt" size="sm" c="dimmed">
          Classes
        </Text>
        <dd>{preview ? <Classes preview={preview} /> : <Skeleton height={20} width="70%" />}</dd>
      </dl>
    </FormSection>
  );
}

function Fact({ name, value, all }: { name: string; value: number | undefined; all: number }) {
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <dd>
        {value === undefined ? (
          <Skeleton height={20} width={80} />
        ) : (
          <Text size="sm" fw={600} span>
            {count(value)}
            {value !== all && (
              <Text span size="sm" c="dimmed" fw={400}>
                {" "}
                of {count(all)} in the project
              </Text>
            )}
          </Text>
        )}
      </dd>
    </>
  );
}

function Classes({ preview }: { preview: Preview }) {
  const sorted = preview.classCounts.toSorted((a, b) => b.annotations - a.annotations || a.name.localeCompare(b.name));
  if (sorted.length === 0)
    return (
      <Text size="sm" span>
        None
      </Text>
    );
  return (
    <ul className={classes.classes}>
      {sorted.map(({ name, annotations }) => (
        <li key={name}>
          <ClassName name={name} detail={`(${count(annotations)})`} />
        </li>
      ))}
    </ul>
  );
}
