import { counted } from "../../components/numbers";
import type { PendingImage } from "./pendingImages";
import classes from "./Filmstrip.module.css";

const SHOWN = 16;

/** The images that come next, each with how much waits on it. */
export function Filmstrip({
  images,
  current,
  onPick,
}: {
  images: readonly PendingImage[];
  current: string;
  onPick: (id: string) => void;
}) {
  const place = Math.max(images.findIndex(({ id }) => id === current), 0);
  const from = Math.max(Math.min(place - 2, images.length - SHOWN), 0);
  return (
    <ol className={classes.strip} aria-label="Images in the queue">
      {images.slice(from, from + SHOWN).map(({ id, filename, thumbnailUrl, pending }) => (
        <li key={id}>
          <button
            type="button"
            className={classes.image}
            aria-current={id === current || undefined}
            aria-label={`${filename}, ${counted(pending.length, "detection")}`}
            title={filename}
            onClick={() => onPick(id)}
          >
            <img src={thumbnailUrl} alt="" loading="lazy" />
            <span className={classes.count} aria-hidden>
              {pending.length}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
