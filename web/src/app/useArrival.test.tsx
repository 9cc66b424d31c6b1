import { act, cleanup, render, screen } from "@testing-library/react";
import { useRef } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { navigate } from "wouter/use-browser-location";

import { pageOf, useArrival } from "./useArrival";

function Frame() {
  const page = useRef<HTMLElement>(null);
  useArrival(page);
  return (
    <>
      <button type="button">Models</button>
      <main ref={page} tabIndex={-1}>
        <input aria-label="Name" />
      </main>
    </>
  );
}

const scroll = vi.fn<(x: number, y: number) => void>();

beforeEach(() => {
  scroll.mockReset();
  window.scrollTo = scroll as unknown as typeof window.scrollTo;
  navigate("/projects/1/models");
});

afterEach(cleanup);

test("another page has the focus and shows its beginning; another image in the viewer is no other page", () => {
  render(<Frame />);
  screen.getByRole("button").focus();
  act(() => navigate("/projects/1/images"));
  expect(document.activeElement).toBe(screen.getByRole("main"));
  expect(scroll).toHaveBeenCalledTimes(1);

  screen.getByRole("button").focus();
  act(() => navigate("/projects/1/images/42"));
  act(() => navigate("/projects/1/images/43?batch=7"));
  expect(document.activeElement).toBe(screen.getByRole("button"));
  expect(scroll).toHaveBeenCalledTimes(1);
});

test("a field of the new page that has the focus keeps it", () => {
  render(<Frame />);
  screen.getByRole("textbox").focus();
  act(() => navigate("/projects/1/settings"));
  expect(document.activeElement).toBe(screen.getByRole("textbox"));
});

test.each([
  ["/projects/1/images/9", "/projects/1/images"],
  ["/projects/1/models/9", "/projects/1/models/9"],
  ["/projects/", "/projects"],
])("%s is the page %s", (path, page) => expect(pageOf(path)).toBe(page));
