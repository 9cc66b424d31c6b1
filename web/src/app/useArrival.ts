import { useEffect, useRef, type RefObject } from "react";
import { useLocation } from "wouter";

/** The page that an address names; the images opened one after the other in the viewer are the same page. */
export function pageOf(path: string): string {
  return path.replace(/^(\/projects\/[^/]+\/images)\/.*/, "$1").replace(/\/$/, "");
}

/**
 * Whoever goes to another page arrives at its beginning, with the keyboard and the screen reader too. Going back by the
 * browser's button leaves the place on the page to the browser. A page that has put the focus somewhere keeps it there. The beginning is behind the project's tabs, at
 * `data-arrival`, where there are any.
 */
export function useArrival(page: RefObject<HTMLElement | null>): void {
  const name = pageOf(useLocation()[0]);
  const before = useRef(name);
  const focused = useRef<Element | null>(null);
  // While the new page is made the focus is still where it was left.
  if (before.current !== name) focused.current ??= document.activeElement;
  const goingBack = useRef(false);
  useEffect(() => {
    const note = () => (goingBack.current = true);
    window.addEventListener("popstate", note);
    return () => window.removeEventListener("popstate", note);
  }, []);
  useEffect(() => {
    const returned = goingBack.current;
    goingBack.current = false;
    if (before.current === name) return;
    before.current = name;
    if (!returned) window.scrollTo(0, 0);
    const now = document.activeElement;
    const left = now === document.body || now === focused.current;
    focused.current = null;
    if (!left || now?.closest("[role=dialog]")) return;
    const place = page.current?.querySelector<HTMLElement>("[data-arrival]") ?? page.current;
    place?.focus({ preventScroll: true });
  }, [name, page]);
}
