import { act, render, waitFor } from "@testing-library/react";
import { GraphQLError } from "graphql";
import { CombinedError, Provider, type Client } from "urql";
import { expect, test, vi } from "vitest";

import { ProjectNews, useNews, type News } from "./live";
import { sockets } from "./sockets";

type Sink = Parameters<typeof sockets.subscribe>[1];
type Answer = { data: { project: { id: string; eventCursor: string } } } | { error: CombinedError };

/** A project page followed from cursor 7; what it subscribes with, and each answer to what it reads. */
function followed(...answers: Answer[]) {
  const subscribed: { after: unknown; sink: Sink; ended: boolean }[] = [];
  vi.spyOn(sockets, "subscribe").mockImplementation((request, sink) => {
    const one = { after: request.variables?.after, sink, ended: false };
    subscribed.push(one);
    return () => void (one.ended = true);
  });
  const client = { query: () => ({ toPromise: async () => answers.shift() }) } as unknown as Client;
  const heard: (News | null)[] = [];
  const onGone = vi.fn<() => void>();
  function Page() {
    useNews(["VERSION_CHANGED"], (news) => heard.push(news));
    return null;
  }
  const page = render(
    <Provider value={client}>
      <ProjectNews projectId="p" after="7" onGone={onGone}>
        <Page />
      </ProjectNews>
    </Provider>,
  );
  return { subscribed, heard, onGone, page };
}

function refuse(sink: Sink | undefined, code: string) {
  act(() => sink?.error([new GraphQLError("No longer.", { extensions: { code } })]));
}

const news: News = { cursor: "41", at: "now", kind: "VERSION_CHANGED", subject: { __typename: "DatasetVersion", id: "v" } };
const fresh: Answer = { data: { project: { id: "p", eventCursor: "40" } } };

test("where the server keeps no more what came after the cursor, all is read anew and followed from a new one", async () => {
  const { subscribed, heard } = followed(fresh);
  expect(subscribed.map(({ after }) => after)).toEqual(["7"]);
  refuse(subscribed[0]?.sink, "CURSOR_EXPIRED");
  await waitFor(() => expect(subscribed).toHaveLength(2));
  expect(subscribed[1]?.after).toBe("40");
  expect(subscribed[0]?.ended).toBe(true);
  expect(heard).toEqual([null]);
  act(() => subscribed[1]?.sink.next({ data: { projectEvents: news } }));
  expect(heard).toEqual([null, news]);
  refuse(subscribed[1]?.sink, "NOT_FOUND");
  expect(subscribed).toHaveLength(2);
});

test("a new cursor that cannot be read is asked for again, until the page is left", async () => {
  vi.useFakeTimers();
  const lost: Answer = { error: new CombinedError({ networkError: new Error("fetch failed") }) };
  const { subscribed, heard, page } = followed(lost, fresh, lost, fresh);
  refuse(subscribed[0]?.sink, "CURSOR_EXPIRED");
  await act(() => vi.advanceTimersByTimeAsync(4_000));
  expect(subscribed).toHaveLength(1);
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(subscribed[1]?.after).toBe("40");
  expect(heard).toEqual([null]);
  refuse(subscribed[1]?.sink, "CURSOR_EXPIRED");
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  page.unmount();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(subscribed).toHaveLength(2);
  vi.useRealTimers();
});

test("a project that is gone is told so, whichever way it shows", async () => {
  const gone: Answer = {
    error: new CombinedError({ graphQLErrors: [new GraphQLError("No project.", { extensions: { code: "NOT_FOUND" } })] }),
  };
  const one = followed();
  refuse(one.subscribed[0]?.sink, "NOT_FOUND");
  expect(one.onGone).toHaveBeenCalledTimes(1);
  const other = followed(gone);
  refuse(other.subscribed[0]?.sink, "CURSOR_EXPIRED");
  await waitFor(() => expect(other.onGone).toHaveBeenCalledTimes(1));
});
