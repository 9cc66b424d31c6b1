/** Holds the API at API_ADDRESS, as whom API_TOKEN stands for, against graphql-http's audit; prints a JSON line for each check. */
import { serverAudits } from "graphql-http";

const url = `${process.env.API_ADDRESS}/graphql`;

function signedIn(input: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${process.env.API_TOKEN}`);
  // The audit knows nothing of it; without it no query is answered that travels in an address.
  if ((init.method ?? "GET") === "GET") headers.set("GraphQL-Require-Preflight", "1");
  return fetch(String(input), { ...init, headers });
}

for (const { fn } of serverAudits({ url, fetchFn: signedIn })) {
  const result = await fn();
  const failure = result.status === "ok" ? {} : { reason: result.reason, http: result.response.status };
  console.log(JSON.stringify({ id: result.id, name: result.name, status: result.status, ...failure }));
}
