import { useLayoutEffect, useRef, type PointerEvent } from "react";

import { visiblePart, type ViewStore } from "./view";
import classes from "./MiniMap.module.css";

const LONGER_SIDE = 150;

/** The whole picture, small, with the part of it that shows; there only while that is not all of it. */
export function MiniMap({ view, src }: { view: ViewStore; src: string }) {
  const map = useRef<HTMLDivElement>(null);
  const part = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const draw = () => {
      const { image, frame } = view;
      const ratio = LONGER_SIDE / Math.max(image.width, image.height);
      if (map.current === null || part.current === null) return;
      map.current.hidden = !view.isCloseUp;
      map.current.style.width = `${image.width * ratio}px`;
      map.current.style.height = `${image.height * ratio}px`;
      const { x, y, width, height } = visiblePart(view.view, image, frame);
      part.current.style.transform = `translate(${x * ratio}px, ${y * ratio}px)`;
      part.current.style.width = `${width * ratio}px`;
      part.current.style.height = `${height * ratio}px`;
    };
    draw();
    return view.subscribe(draw);
  }, [view]);
  const go = (event: PointerEvent<HTMLDivElement>) => {
    event.stopPropagation();
    if (event.buttons === 0) return;
    const { left, top, width } = event.currentTarget.getBoundingClientRect();
    const ratio = view.image.width / width;
    event.currentTarget.setPointerCapture(event.pointerId);
    view.centre({ x: (event.clientX - left) * ratio, y: (event.clientY - top) * ratio });
  };
  return (
    <div ref={map} className={classes.map} hidden onPointerDown={go} onPointerMove={go} aria-hidden>
      <img src={src} alt="" draggable={false} />
      <div ref={part} className={classes.part} />
    </div>
  );
}
