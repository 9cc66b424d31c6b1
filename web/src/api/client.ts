import { cacheExchange, Client, fetchExchange, mapExchange } from "urql";

import { isSignedOut } from "./errors";
import { session } from "./session";

/** Reads and writes. Subscriptions go by `eventStream`, which knows of cursors. */
export function createApiClient(): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    fetchOptions: () => ({
      headers: { Authorization: `Bearer ${session.token() ?? ""}`, "GraphQL-Require-Preflight": "1" },
    }),
    exchanges: [
      mapExchange({
        onError(error) {
          if (isSignedOut(error)) session.expire();
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}
