import { memo, useState, type MouseEvent } from "react";
import { Link } from "wouter";

import { useClassColours } from "../../components/ClassName";
import { count, counted } from "../../components/numbers";
import type { ImageTile } from "./imageTile";
import classes from "./ImageGrid.module.css";

export interface TilePlace {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Props extends TilePlace {
  tile: ImageTile;
  /** Counted from 1, of so many. */
  position: number;
  total: number;
  href: string;
  selectable: boolean;
  selected: boolean;
  onSelect: (id: string, range: boolean) => void;
  onStale: () => void;
}

/** A thumbnail with its outlines: a link to the image, and a checkbox over its corner. */
export const ImageTileView = memo(function ImageTileView(props: Props) {
  const { tile, left, top, width, height, position, total, href, selectable, selected, onSelect, onStale } = props;
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const size = tile.width && tile.height ? { width: tile.width, height: tile.height } : natural;
  return (
    <li
      className={classes.tile}
      style={{ transform: `translate(${left}px, ${top}px)`, width, height }}
      aria-posinset={position}
      aria-setsize={total}
      data-selected={selected || undefined}
    >
      <Link to={href} className={classes.link} data-image={tile.id}>
        <img
          src={tile.src}
          alt={tile.filename}
          loading="lazy"
          decoding="async"
          draggable={false}
          className={classes.image}
          onError={onStale}
          // An adopted image without known size has no thumbnail: this is the original, and its pixels are those of the boxes.
          onLoad={tile.width ? undefined : ({ currentTarget: { naturalWidth, naturalHeight } }) => setNatural({ width: naturalWidth, height: naturalHeight })}
        />
        {size && <TileOutlines tile={tile} {...size} />}
        <span className={classes.caption} aria-hidden>
          <span className={classes.name}>{tile.filename}</span>
          <span>{counted(tile.objects, "object")}</span>
        </span>
        {tile.pending > 0 && <span className={classes.pending}>{count(tile.pending)} to review</span>}
      </Link>
      {selectable && (
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={selected}
            aria-label={`Select ${tile.filename}`}
            onChange={() => {}}
            onClick={(event: MouseEvent) => onSelect(tile.id, event.shiftKey)}
          />
        </label>
      )}
    </li>
  );
});

function TileOutlines({ tile, width, height }: { tile: ImageTile; width: number; height: number }) {
  const colourOf = useClassColours();
  if (tile.outlines.length === 0) return null;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="xMidYMid slice" className={classes.outlines} aria-hidden>
      {tile.outlines.map(({ weedType, count: number, pending, path }) => (
        <path key={`${weedType} ${pending}`} d={path} stroke={colourOf(weedType)} data-pending={pending || undefined}>
          <title>{`${weedType}: ${number}${pending ? " to review" : ""}`}</title>
        </path>
      ))}
    </svg>
  );
}
