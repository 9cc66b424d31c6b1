import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import type { Client } from "graphql-ws";
import { useEffect, useRef } from "react";

import { session } from "./session";
import { sockets } from "./sockets";

interface Event {
  cursor: string;
}

interface Refusal {
  message: string;
  extensions?: { code?: string };
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
 * A sign-in that has ended or was revoked signs this browser out.
 */
export function followEvents<Data, Variables extends { after?: string | null }, E extends Event>(
  client: Pick<Client, "subscribe">,
  stream: Stream<Data, Variables, E>,
): () => void {
  const variables: Variables = { ...stream.variables };
  const refuse = ([first]: readonly Refusal[]) => {
    const code = first?.extensions?.code;
    if (code === "UNAUTHENTICATED") session.expire();
    else stream.onRefused?.(first?.message ?? "The stream ended.", code);
  };
  return client.subscribe<Data>(
    { query: print(stream.document), variables },
    {
      next({ data, errors }) {
        if (errors?.length) refuse(errors as readonly Refusal[]);
        else if (data) {
          const event = stream.pick(data);
          variables.after = event.cursor;
          stream.onEvent(event);
        }
      },
      error(reason) {
        // Else the connection is lost, which mends itself.
        if (Array.isArray(reason)) refuse(reason as readonly Refusal[]);
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
