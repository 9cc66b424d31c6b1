import { ActionIcon, Select } from "@mantine/core";
import { ArrowLeftRight } from "lucide-react";
import { useLocation } from "wouter";

import { versionTitle } from "../detail/versionTitle";
import classes from "./ComparePicker.module.css";

interface Choosable {
  version: number;
  displayName?: string | null;
  status: string;
}

/** The two versions, and a button that swaps them. The address says which they are. */
export function ComparePicker({
  versions,
  before,
  after,
}: {
  versions: readonly Choosable[];
  before: number | null;
  after: number;
}) {
  const [, go] = useLocation();
  const choose = (then: number | string | null, now: number | string | null) => go(`/versions/${now}?compare=${then ?? ""}`);
  const data = versions.map((one) => ({
    value: String(one.version),
    label: `${versionTitle(one)}${one.status === "ARCHIVED" ? " (archived)" : ""}`,
  }));
  return (
    <div className={classes.picker}>
      <Select
        className={classes.before}
        label="Before"
        placeholder="Pick a version"
        data={data}
        value={before === null ? null : String(before)}
        onChange={(value) => choose(value, after)}
        allowDeselect={false}
        searchable
      />
      <ActionIcon
        className={classes.swap}
        variant="default"
        size={36}
        aria-label="Swap the versions"
        disabled={before === null}
        onClick={() => choose(after, before)}
      >
        <ArrowLeftRight size={18} aria-hidden />
      </ActionIcon>
      <Select
        className={classes.after}
        label="After"
        data={data}
        value={String(after)}
        onChange={(value) => choose(before, value)}
        allowDeselect={false}
        searchable
      />
    </div>
  );
}
