import { Progress, Text } from "@mantine/core";
import { CircleX } from "lucide-react";
import { useRef } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";

import { size } from "../components/numbers";
import type { ShownFile } from "./uploadSummary";
import classes from "./UploadRows.module.css";

const ROW = 44;
const SHOWN = 5;

/** Files one below the other; of thousands only those in sight are there. */
export function UploadRows({ label, files }: { label: string; files: readonly ShownFile[] }) {
  const area = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing of it is passed on
  const rows = useVirtualizer({
    count: files.length,
    getScrollElement: () => area.current,
    estimateSize: () => ROW,
    getItemKey: (index) => files[index]?.key ?? index,
    overscan: 3,
  });
  if (files.length === 0) return null;
  const scrolls = files.length > SHOWN;
  return (
    <div
      ref={area}
      className={classes.area}
      style={{ height: Math.min(files.length, SHOWN) * ROW }}
      {...(scrolls && { role: "region", "aria-label": label, tabIndex: 0 })}
    >
      <ul className={classes.list} style={{ height: rows.getTotalSize() }} aria-label={label}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const file = files[index];
          return (
            file && (
              <li key={key} className={classes.row} style={{ transform: `translateY(${start}px)` }}>
                <Row file={file} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function Row({ file: { name, size: bytes, state, sentBytes, problem } }: { file: ShownFile }) {
  return (
    <>
      <div className={classes.line}>
        <Text size="sm" truncate title={name}>
          {name}
        </Text>
        {problem === null ? (
          <Text size="sm" c="dimmed" className={classes.fact}>
            {state === "reading" ? `reading, ${size(bytes)}` : `${size(sentBytes)} of ${size(bytes)}`}
          </Text>
        ) : (
          <CircleX size={16} className={classes.failed} role="img" aria-label="Failed" />
        )}
      </div>
      {problem === null ? (
        <Progress
          value={state === "reading" ? 100 : (100 * sentBytes) / Math.max(bytes, 1)}
          size="sm"
          color={state === "reading" ? "gray" : undefined}
          animated={state === "reading"}
          aria-label={name}
        />
      ) : (
        <Text size="xs" className={classes.failed} truncate title={problem}>
          {problem}
        </Text>
      )}
    </>
  );
}
