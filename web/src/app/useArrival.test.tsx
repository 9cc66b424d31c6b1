import { act, cleanup, render, screen } from "@testing-library/react";
import { useEffect, useRef } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useLocation } from "wouter";
import { navigate } from "wouter/use-browser-location";

import { pageOf, useArrival } from "./useArrival";

function Frame() {
  const page = useRef<HTMLElement>(null);
  useArrival(page);
  return (
    <>
      <main ref={page} tabIndex={-1}>
        <button type="button">Models</button>
        <section aria-label="Page" data-arrival tabIndex={-1}>
          {useLocation()[0].endsWith("/settings") && <Field />}
        </section>
      </main>
    </>
  );
}

function Field() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return <input aria-label="Name" ref={field} />;
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
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Page" }));
  expect(scroll).toHaveBeenCalledTimes(1);

  screen.getByRole("button").focus();
  act(() => navigate("/projects/1/images/42"));
  act(() => navigate("/projects/1/images/43?batch=7"));
  expect(document.activeElement).toBe(screen.getByRole("button"));
  expect(scroll).toHaveBeenCalledTimes(1);
});

test("a field to which the new page gave the focus keeps it", () => {
  render(<Frame />);
  screen.getByRole("button").focus();
  act(() => navigate("/projects/1/settings"));
  expect(document.activeElement).toBe(screen.getByRole("textbox"));
});

test.each([
  ["/projects/1/images/9", "/projects/1/images"],
  ["/projects/1/models/9", "/projects/1/models/9"],
  ["/projects/", "/projects"],
])("%s is the page %s", (path, page) => expect(pageOf(path)).toBe(page));
