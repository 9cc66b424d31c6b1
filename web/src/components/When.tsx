import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const STEPS: [limit: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3_600, 60, "minute"],
  [86_400, 3_600, "hour"],
  [30 * 86_400, 86_400, "day"],
];

function ago(date: Date, now: number): string {
  const seconds = (date.getTime() - now) / 1_000;
  if (Math.abs(seconds) < 45) return "just now";
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  return step ? relative.format(Math.round(seconds / step[1]), step[2]) : day.format(date);
}

/** A time as people say it, the exact one on hover; `dated` shows the day, as `Mar 15, 2025`. */
export function When({ at, dated = false }: { at: string; dated?: boolean }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const date = new Date(at);
  return (
    <Tooltip label={exact.format(date)}>
      <time dateTime={at}>{dated ? day.format(date) : ago(date, now)}</time>
    </Tooltip>
  );
}
