import { notifications } from "@mantine/notifications";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useCallback, useState } from "react";
import { useClient, type AnyVariables } from "urql";

import { sentence, type UserProblem } from "./errors";

type Payload = { userErrors: UserProblem[] };

export interface Answer<P> {
  /** The payload, whose userErrors are empty; or null. */
  payload: P | null;
  /** What was wrong with the input, to be shown beside its fields. */
  problems: UserProblem[];
}

/**
 * A mutation as a page uses it: `busy` while it runs, its payload, and what was wrong. A failure of the server or the
 * network is said once, as a notice; so are userErrors where `say` is left on (turn it off where a form shows them).
 */
export function useAction<Data, Variables extends AnyVariables, P extends Payload>(
  document: TypedDocumentNode<Data, Variables>,
  pick: (data: Data) => P,
  { say = true }: { say?: boolean } = {},
): [run: (variables: Variables) => Promise<Answer<P>>, busy: boolean] {
  const client = useClient();
  const [running, setRunning] = useState(0);
  const run = useCallback(
    async (variables: Variables): Promise<Answer<P>> => {
      setRunning((count) => count + 1);
      try {
        const { data, error } = await client.mutation(document, variables).toPromise();
        if (error || !data) {
          if (error) complain(sentence(error));
          return { payload: null, problems: [] };
        }
        const payload = pick(data);
        const problems = payload.userErrors;
        if (say && problems.length) complain(problems.map((one) => one.message).join(" "));
        return { payload: problems.length ? null : payload, problems };
      } finally {
        setRunning((count) => count - 1);
      }
    },
    // `pick` is a plain accessor, written where it is used: its identity says nothing.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [client, document, say],
  );
  return [run, running > 0];
}

export function complain(message: string): void {
  notifications.show({ color: "red", title: "That did not work", message, autoClose: 10_000, id: message });
}

export function tell(message: string): void {
  notifications.show({ message, autoClose: 4_000, id: message });
}
