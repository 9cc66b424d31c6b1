import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import type { Client } from "graphql-ws";
import { useEffect, useRef } from "react";

import { sockets } from "./sockets";

interface Event {
  cursor: string;
}

export interface Stream<Data, Variables extends { after?: string | null }, E extends Event> {
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  /** The event in the answer. */
  pick: (data: Data) => E;
  onEvent: (event: E) => void;
  /** The stream ended for good, with the server's sentence: it has no such thing, or it no longer keeps the cursor. */
  onRefused?: (message: string, code: string | undefined) => void;
}

/**
 * Follows one subscription of the contract. graphql-ws sends the payload anew at each reconnection: `after` in it moves
 * with the events, so that the server goes on right behind the last one that came, without gap or repetition.
 */
export function followEvents<Data, Variables extends { after?: string | null }, E extends Event>(
  client: Pick<Client, "subscribe">,
  stream: Stream<Data, Variables, E>,
): () => void {
  const variables: Variables = { ...stream.variables };
  return client.subscribe<Data>(
    { query: print(stream.document), variables },
    {
      next({ data, errors }) {
        if (errors?.length) {
          const [first] = errors;
          stream.onRefused?.(first?.message ?? "The stream ended.", first?.extensions?.code as string | undefined);
        } else if (data) {
          const event = stream.pick(data);
          variables.after = event.cursor;
          stream.onEvent(event);
        }
      },
      error(reason) {
        const [first] = Array.isArray(reason) ? (reason as { message: string; extensions?: { code?: string } }[]) : [];
        if (first) stream.onRefused?.(first.message, first.extensions?.code);
      },
      complete() {},
    },
  );
}

/** Follows a stream while the component is there; anew when its variables but `after` change. Null follows nothing. */
export function useEventStream<Data, Variables extends { after?: string | null }, E extends Event>(
  stream: Stream<Data, Variables, E> | null,
): void {
  const latest = useRef(stream);
  useEffect(() => {
    latest.current = stream;
  });
  const identity = stream && JSON.stringify({ ...stream.variables, after: undefined, of: print(stream.document) });
  useEffect(() => {
    const started = latest.current;
    if (identity === null || started === null) return;
    return followEvents(sockets, {
      ...started,
      onEvent: (event) => latest.current?.onEvent(event),
      onRefused: (message, code) => latest.current?.onRefused?.(message, code),
    });
  }, [identity]);
}
