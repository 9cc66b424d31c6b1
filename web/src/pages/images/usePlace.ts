import { useLayoutEffect, useState, type RefObject } from "react";

/** Where an element begins on the page, and how wide it is; both follow when something above it grows. */
export function usePlace(element: RefObject<HTMLElement | null>): { top: number; width: number } {
  const [place, setPlace] = useState({ top: 0, width: 0 });
  useLayoutEffect(() => {
    const look = () => {
      if (!element.current) return;
      const box = element.current.getBoundingClientRect();
      const [top, width] = [Math.round(box.top + window.scrollY), Math.floor(box.width)];
      setPlace((before) => (before.top === top && before.width === width ? before : { top, width }));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return place;
}
