/**
 * Runs operations one after the other by a reference client, graphql-ws or graphql-sse as the argument says, on the API at
 * API_ADDRESS, as whom API_TOKEN stands for. Standard input is a list of operations; whatever a client is told of one is a
 * JSON line. Where an operation has a variable `after`, that follows the cursors of its events.
 */
import { text } from "node:stream/consumers";

import { createClient as overEvents } from "graphql-sse";
import { createClient as overSocket } from "graphql-ws";

interface Operation {
  query: string;
  variables?: Record<string, unknown>;
  /** After so many answers the client has enough. */
  enough?: number;
}

const address = `${process.env.API_ADDRESS}/graphql`;
const authorization = { Authorization: `Bearer ${process.env.API_TOKEN}` };
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 100));

const client =
  process.argv[2] === "graphql-ws"
    ? overSocket({
        url: address.replace(/^http/, "ws"),
        connectionParams: authorization,
        lazyCloseTimeout: 1_000,
        retryAttempts: 100,
        retryWait: soon,
        shouldRetry: () => true,
        on: { connected: () => say({ connected: true }) },
      })
    : overEvents({
        url: address,
        headers: authorization,
        retryAttempts: 100,
        retry: soon,
        on: { connected: () => say({ connected: true }) },
      });

function say(line: object): void {
  console.log(JSON.stringify(line));
}

function cursorOf(data: Record<string, unknown> | null | undefined): unknown {
  const [root] = Object.values(data ?? {});
  return (root as { cursor?: unknown } | null)?.cursor;
}

function run({ query, variables = {}, enough }: Operation): Promise<void> {
  return new Promise((resolve) => {
    let answers = 0;
    const stop = client.subscribe<Record<string, unknown>>(
      { query, variables },
      {
        next(answer) {
          say({ next: answer });
          answers += 1;
          if ("after" in variables) variables.after = cursorOf(answer.data) ?? variables.after;
          if (answers === enough) stop();
        },
        error(reason) {
          say({ error: Array.isArray(reason) ? reason : String(reason) });
          resolve();
        },
        complete() {
          say({ complete: true });
          resolve();
        },
      },
    );
  });
}

for (const operation of JSON.parse(await text(process.stdin)) as Operation[]) await run(operation);
await client.dispose();
