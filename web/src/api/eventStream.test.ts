import { parse } from "graphql";
import { createClient, makeServer } from "graphql-ws";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { followEvents, type Stream } from "./eventStream";
import { session } from "./session";

interface Event {
  cursor: string;
}
type Variables = { after?: string | null };

const DOCUMENT = parse("subscription ($after: String) { events(after: $after) { cursor } }");
const STREAM: Stream<{ events: Event }, Variables, Event> = {
  document: DOCUMENT as Stream<{ events: Event }, Variables, Event>["document"],
  variables: { after: null },
  pick: ({ events }) => events,
  onEvent: () => {},
};
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A client whose server ends every subscription with an error of the code. */
function refusing(code: string): Pick<ReturnType<typeof createClient>, "subscribe"> {
  return {
    subscribe(_request, sink) {
      sink.error([{ message: "No longer.", extensions: { code } }]);
      return () => {};
    },
  };
}

/** Tells events 1 to `last` to whoever asks, those behind the cursor only, and drops the connection after `dropAt`. */
function serving(last: number, dropAt: number, drop: (socket: WebSocket) => void) {
  const asked: (string | null)[] = [];
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const server = makeServer({
    onSubscribe: (_context, _id, payload) => ({
      schema: null as never,
      document: parse(payload.query),
      variableValues: payload.variables,
    }),
    validate: () => [],
    subscribe: async ({ variableValues }) => {
      const after = (variableValues as Variables | undefined)?.after ?? null;
      asked.push(after);
      return (async function* () {
        for (let number = Number(after ?? 0) + 1; number <= last; number += 1) {
          yield { data: { events: { cursor: String(number) } } };
          if (number === dropAt && asked.length === 1) sockets.clients.forEach(drop);
        }
        await new Promise(() => {});
      })();
    },
  });
  sockets.on("connection", (socket) => {
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on("message", (data) => void take(String(data))),
      },
      {},
    );
    socket.on("close", (code, reason) => void closed(code, String(reason)));
  });
  closing.push(() => sockets.close());
  const listening = sockets.address() ? Promise.resolve() : new Promise((resolve) => sockets.once("listening", resolve));
  const client = createClient({
    url: async () => {
      await listening;
      return `ws://127.0.0.1:${(sockets.address() as { port: number }).port}`;
    },
    webSocketImpl: WebSocket,
    retryWait: async () => {},
    shouldRetry: () => true,
  });
  closing.push(() => void client.dispose());
  return { asked, client };
}

test.each([
  ["is lost", (socket: WebSocket) => socket.terminate()],
  ["is closed by a server that stops", (socket: WebSocket) => socket.close(1012)],
])("after a connection that %s the stream goes on behind the last event, and tells none twice", async (_, drop) => {
  const { asked, client } = serving(5, 2, drop);
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const stream: Stream<{ events: Event }, Variables, Event> = {
      ...STREAM,
      onEvent: ({ cursor }) => {
        heard.push(cursor);
        if (cursor === "5") resolve();
      },
    };
    closing.push(followEvents(client, stream));
  });
  expect(heard).toEqual(["1", "2", "3", "4", "5"]);
  expect(asked).toHaveLength(2);
  expect(Number(asked[1])).toBeGreaterThan(0);
});

test("a sign-in that the server no longer takes signs the browser out, and says why", () => {
  session.signIn("revoked");
  const onRefused = vi.fn<(message: string, code: string | undefined) => void>();
  followEvents(refusing("UNAUTHENTICATED"), { ...STREAM, onRefused });
  expect(session.token()).toBeNull();
  expect(session.notice()).toMatch(/signed out/);
  expect(onRefused).not.toHaveBeenCalled();
});

test("what is no longer the viewer's is told to whoever follows it, who stays signed in", () => {
  session.signIn("good");
  const onRefused = vi.fn<(message: string, code: string | undefined) => void>();
  followEvents(refusing("NOT_FOUND"), { ...STREAM, onRefused });
  expect(onRefused).toHaveBeenCalledExactlyOnceWith("No longer.", "NOT_FOUND");
  expect(session.token()).toBe("good");
});
