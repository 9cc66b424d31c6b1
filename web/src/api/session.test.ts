import { beforeEach, expect, test } from "vitest";

import { acceptReturn, session, signInAddress } from "./session";

const PAGE = "https://sign-in.example.org/start?client=drones";

function returning(fragment: string): Location {
  return { hash: fragment, pathname: "/projects/7", search: "?batch=2" } as Location;
}

function stateOf(address: string): string {
  return new URL(address).searchParams.get("state") ?? "";
}

beforeEach(() => {
  session.signOut();
  sessionStorage.clear();
});

test("the sign-in page is told where to come back to, and keeps its own parameters", () => {
  const address = new URL(signInAddress(PAGE, "http://127.0.0.1:8000/projects/7?batch=2"));
  expect(address.searchParams.get("client")).toBe("drones");
  expect(address.searchParams.get("return_to")).toBe("http://127.0.0.1:8000/projects/7?batch=2");
  expect(stateOf(address.href).length).toBeGreaterThan(20);
});

test("the token that comes back is taken, and leaves the address and the history", () => {
  const state = stateOf(signInAddress(PAGE, "http://here/"));
  acceptReturn(returning(`#token=abc&state=${state}`));
  expect(session.token()).toBe("abc");
  expect(window.location.hash).toBe("");
  expect(window.location.pathname + window.location.search).toBe("/projects/7?batch=2");
});

test("a token with another state, or with none asked for, signs nobody in and says so", () => {
  signInAddress(PAGE, "http://here/");
  acceptReturn(returning("#token=stranger&state=other"));
  expect(session.token()).toBeNull();
  expect(session.notice()).toMatch(/did not ask/);

  acceptReturn(returning("#token=stranger"));
  expect(session.token()).toBeNull();
});

test("a state is good for once", () => {
  const state = stateOf(signInAddress(PAGE, "http://here/"));
  acceptReturn(returning(`#token=first&state=${state}`));
  acceptReturn(returning(`#token=second&state=${state}`));
  expect(session.token()).toBe("first");
});

test("an address without a token is left as it is", () => {
  acceptReturn(returning("#section"));
  expect(session.token()).toBeNull();
});

test("who signs out is told nothing; who was signed out is, until the next sign-in", () => {
  session.signIn("a");
  session.expire();
  expect(session.notice()).toMatch(/signed out/);
  session.signIn("b");
  session.signOut();
  expect(session.notice()).toBeNull();
});
