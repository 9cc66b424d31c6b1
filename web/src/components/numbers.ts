const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

/** `1 image`, `1,632 images`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A fraction of 1 as `84.1 %`; a missing one as a dash. */
export function percent(fraction: number | null | undefined): string {
  return fraction === null || fraction === undefined ? "–" : `${tenth.format(fraction * 100)} %`;
}

/** In MB of a million bytes, as file managers of drones' makers say it; GB from a thousand of them. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  if (bytes >= 999.95e6) return `${tenth.format(bytes / 1e9)} GB`;
  return bytes >= 99.95e3 ? `${tenth.format(bytes / 1e6)} MB` : `${tenth.format(bytes / 1e3)} kB`;
}

/** `45 s`, `12 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}
