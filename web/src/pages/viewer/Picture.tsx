import { useLayoutEffect, useRef, useState, type ReactNode } from "react";

import { useClassColours } from "../../components/ClassName";
import { Draft } from "./Draft";
import type { Outline, Point, Size } from "./geometry";
import { MarkLabel } from "./MarkLabel";
import { MarkShapes, type Shown } from "./MarkShapes";
import { MiniMap } from "./MiniMap";
import { usePictureGestures, type Tool } from "./pictureGestures";
import type { ViewStore } from "./view";
import classes from "./Picture.module.css";

export interface PictureProps {
  label: string;
  view: ViewStore;
  size: Size;
  /** The original, and a small one that is there sooner. */
  src: string;
  preview: string;
  onBroken: () => void;
  shown: readonly Shown[];
  selected: string | null;
  hovered: string | null;
  onSelect: (key: string | null) => void;
  onHover: (key: string | null) => void;
  /** Left out where nothing can be changed. */
  editing?: Editing;
  /** Where the pending ones are what one looks at. */
  faint?: boolean;
  children?: ReactNode;
}

export interface Editing {
  tool: Tool;
  weedType: string | null;
  /** The corners of the polygon that is being drawn. */
  corners: readonly Point[];
  onCorner: (point: Point) => void;
  onFinish: () => void;
  onDraw: (outline: Outline) => void;
  onReshape: (key: string, outline: Outline) => void;
}

/** A picture that is zoomed and panned, with its annotations on it. */
export function Picture(props: PictureProps) {
  const { label, view, size, src, preview, onBroken, shown, selected, hovered, editing } = props;
  const frame = useRef<HTMLDivElement>(null);
  const photo = useRef<HTMLDivElement>(null);
  const marks = useRef<SVGGElement>(null);
  const [sharp, setSharp] = useState<string | null>(null);
  const { width, height } = size;

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => view.measure({ width, height }, { width: element.clientWidth, height: element.clientHeight });
    const move = () => {
      const { scale, x, y } = view.view;
      const transform = `translate(${x}px, ${y}px) scale(${scale})`;
      if (photo.current) photo.current.style.transform = transform;
      if (marks.current) marks.current.style.transform = transform;
      element.classList.toggle(classes.pixels ?? "", scale > 5);
    };
    const leave = view.subscribe(move);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => {
      leave();
      observer.disconnect();
    };
  }, [view, width, height]);

  const gestures = usePictureGestures(frame, props);
  const colourOf = useClassColours();
  const current = gestures.live ? null : (shown.find(({ key }) => key === selected) ?? null);
  const pointed = shown.find(({ key }) => key === (hovered ?? selected)) ?? null;
  return (
    <div
      ref={frame}
      className={classes.frame}
      data-cursor={gestures.cursor}
      role="group"
      aria-label={label}
      tabIndex={0}
      data-autofocus
      {...gestures.handlers}
    >
      <div ref={photo} className={classes.photo} style={{ width, height }}>
        <img src={preview} alt={label} draggable={false} />
        {src !== preview && (
          <img
            key={src}
            src={src}
            alt=""
            draggable={false}
            data-sharp={sharp === src}
            onLoad={() => setSharp(src)}
            onError={onBroken}
          />
        )}
      </div>
      <svg className={classes.marks} role="group" aria-label="Annotations">
        <g ref={marks}>
          <MarkShapes
            shown={shown}
            lifted={gestures.live?.key ?? null}
            selected={selected}
            hovered={hovered}
            faint={props.faint === true}
            quiet={editing !== undefined && editing.tool !== "select"}
            onSelect={props.onSelect}
          />
          <Draft
            live={gestures.live}
            current={current}
            editable={editing?.tool === "select"}
            corners={editing?.corners ?? []}
            to={gestures.at}
            colourOf={colourOf}
            weedType={editing?.weedType ?? ""}
          />
        </g>
      </svg>
      {pointed && !gestures.live && <MarkLabel mark={pointed} view={view} />}
      <MiniMap view={view} src={preview} />
      {props.children}
    </div>
  );
}
