import { CloseButton, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useState } from "react";

import type { ImagesAsideQuery } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { count } from "../../components/numbers";
import type { ImageFilter } from "./imageFilter";
import classes from "./FilterBar.module.css";

type Batch = ImagesAsideQuery["project"]["uploadBatches"]["nodes"][number];

const TYPING_MS = 300;

/** What is shown of the images; what is chosen stands in the address. */
export function FilterBar({
  filter,
  batches,
  onChange,
}: {
  filter: ImageFilter;
  batches: readonly Batch[];
  onChange: (change: Partial<ImageFilter>) => void;
}) {
  const { classCounts } = useProject();
  const batchChoices = batches
    .filter(({ id, assetCount }) => assetCount > 0 || id === filter.batch)
    .map(({ id, name, assetCount }) => ({ value: id, label: `${name} (${count(assetCount)})` }));
  const classChoices = classCounts.map(({ name, images }) => ({ value: name, label: `${name} (${count(images)})` }));
  return (
    <search className={classes.bar} aria-label="Filter images">
      <SearchField value={filter.search} onChange={(search) => onChange({ search })} />
      <Select
        aria-label="Upload"
        placeholder="All uploads"
        data={known(batchChoices, filter.batch, "An older upload")}
        value={filter.batch}
        onChange={(batch) => onChange({ batch })}
        clearable
        clearButtonProps={{ "aria-label": "All uploads" }}
        searchable={batchChoices.length > 8}
      />
      <Select
        aria-label="Class"
        placeholder="All classes"
        data={known(classChoices, filter.className, filter.className ?? "")}
        value={filter.className}
        onChange={(className) => onChange({ className })}
        clearable
        clearButtonProps={{ "aria-label": "All classes" }}
        searchable={classChoices.length > 8}
      />
      <Select
        aria-label="Annotations"
        placeholder="Annotated or not"
        data={[
          { value: "yes", label: "Annotated" },
          { value: "no", label: "Not annotated" },
        ]}
        value={word(filter.annotated)}
        onChange={(value) => onChange({ annotated: value === null ? null : value === "yes" })}
        clearable
        clearButtonProps={{ "aria-label": "Annotated or not" }}
      />
      <Select
        aria-label="Review"
        placeholder="Reviewed or not"
        data={[
          { value: "yes", label: "To review" },
          { value: "no", label: "All reviewed" },
        ]}
        value={word(filter.pending)}
        onChange={(value) => onChange({ pending: value === null ? null : value === "yes" })}
        clearable
        clearButtonProps={{ "aria-label": "Reviewed or not" }}
      />
    </search>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (search: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [given, setGiven] = useState(value);
  // The address changed by itself: a link, or a filter that was cleared.
  if (given !== value) {
    setGiven(value);
    if (typed.trim() !== value) setTyped(value);
  }
  const later = useDebouncedCallback((text: string) => onChange(text.trim()), TYPING_MS);
  const take = (text: string) => {
    setTyped(text);
    later(text);
  };
  return (
    <TextInput
      aria-label="File name"
      placeholder="Search file names"
      leftSection={<Search size={16} aria-hidden />}
      value={typed}
      onChange={(event) => take(event.currentTarget.value)}
      rightSection={typed && <CloseButton size="sm" aria-label="Clear the search" onClick={() => take("")} />}
      className={classes.search}
      maxLength={255}
    />
  );
}

function word(value: boolean | null): "yes" | "no" | null {
  return value === null ? null : value ? "yes" : "no";
}

/** The choices, with the chosen one even when it is not among them. */
function known(choices: { value: string; label: string }[], chosen: string | null, label: string) {
  if (chosen === null || choices.some(({ value }) => value === chosen)) return choices;
  return [...choices, { value: chosen, label }];
}
