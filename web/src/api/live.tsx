import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useClient, useQuery, type AnyVariables, type UseQueryResponse } from "urql";

import { isNotFound } from "./errors";
import { useEventStream } from "./eventStream";
import { graphql } from "./generated";
import type { ProjectEventKind, ProjectEventsSubscription, ProjectEventsSubscriptionVariables } from "./generated/graphql";
import { useKeptData } from "./keptData";

export type News = ProjectEventsSubscription["projectEvents"];
type Listener = (news: News | null) => void;

const PROJECT_EVENTS = graphql(`
  subscription ProjectEvents($projectId: ID!, $after: String) {
    projectEvents(projectId: $projectId, after: $after) {
      cursor
      at
      kind
      subject {
        __typename
        ... on Node {
          id
        }
      }
    }
  }
`);

const CURSOR = graphql(`
  query ProjectEventCursor($id: ID!) {
    project(id: $id) {
      id
      eventCursor
    }
  }
`);

const ASK_AGAIN_MS = 5_000;

interface NewsOf {
  listen: (listener: Listener) => () => void;
  pass: Listener;
}

const NewsContext = createContext<NewsOf>({ listen: () => () => {}, pass: () => {} });

/**
 * Follows what happens in a project, from the cursor that was read with it, and passes it on to everything below.
 * When the server no longer keeps what came after that cursor, a new one is read, and then all below reads anew (`null`
 * news): what happens meanwhile is told after the new cursor.
 */
export function ProjectNews({
  projectId,
  after,
  onGone,
  children,
}: {
  projectId: string;
  after: string;
  /** The viewer may no longer see the project. */
  onGone: () => void;
  children: ReactNode;
}) {
  const client = useClient();
  const listeners = useRef(new Set<Listener>());
  const [from, setFrom] = useState(after);
  const [expired, setExpired] = useState(false);
  const pass = useCallback((news: News | null) => {
    for (const listener of listeners.current) listener(news);
  }, []);
  useEffect(() => {
    if (!expired) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const beginAnew = async () => {
      const { data, error } = await client.query(CURSOR, { id: projectId }, { requestPolicy: "network-only" }).toPromise();
      if (over) return;
      if (data) {
        setFrom(data.project.eventCursor);
        setExpired(false);
        pass(null);
      } else if (error && isNotFound(error)) onGone();
      else timer = setTimeout(() => void beginAnew(), ASK_AGAIN_MS);
    };
    void beginAnew();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [expired, client, projectId, pass, onGone]);
  const onRefused = (code: string | undefined) => {
    if (code === "NOT_FOUND") onGone();
    if (code === "CURSOR_EXPIRED") setExpired(true);
  };
  const listen = useCallback((listener: Listener) => {
    listeners.current.add(listener);
    return () => listeners.current.delete(listener);
  }, []);
  const news = useMemo(() => ({ listen, pass }), [listen, pass]);
  return (
    <NewsContext value={news}>
      <Follower key={from} projectId={projectId} after={from} onEvent={pass} onRefused={onRefused} />
      {children}
    </NewsContext>
  );
}

/** The project's events behind one cursor; another cursor takes another follower. */
function Follower({
  projectId,
  after,
  onEvent,
  onRefused,
}: {
  projectId: string;
  after: string;
  onEvent: (news: News) => void;
  onRefused: (code: string | undefined) => void;
}) {
  useEventStream<ProjectEventsSubscription, ProjectEventsSubscriptionVariables, News>({
    document: PROJECT_EVENTS,
    variables: { projectId, after },
    pick: (data) => data.projectEvents,
    onEvent,
    onRefused: (_message, code) => onRefused(code),
  });
  return null;
}

/** Has all that is shown of the project read again, after changes that the project tells no news of: annotations. */
export function useReadAnew(): () => void {
  const { pass } = useContext(NewsContext);
  return useCallback(() => pass(null), [pass]);
}

/** Calls back at each event of the kinds given. */
export function useNews(kinds: readonly ProjectEventKind[], onNews: Listener): void {
  const { listen } = useContext(NewsContext);
  const latest = useRef(onNews);
  useEffect(() => {
    latest.current = onNews;
  });
  const wanted = kinds.join();
  useEffect(
    () => listen((news) => (news === null || wanted.split(",").includes(news.kind)) && latest.current(news)),
    [listen, wanted],
  );
}

const SETTLE_MS = 150;

/** A query that reads again, quietly, when the project tells news of the kinds given; a burst of news is one reading. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  kinds: readonly ProjectEventKind[],
  { pause = false }: { pause?: boolean } = {},
): UseQueryResponse<Data, Variables> {
  const [result, execute] = useQuery<Data, Variables>({ query, variables, pause } as Parameters<
    typeof useQuery<Data, Variables>
  >[0]);
  const data = useKeptData(result, JSON.stringify(variables));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useNews(kinds, () => {
    if (pause) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => execute({ requestPolicy: "network-only" }), SETTLE_MS);
  });
  return useMemo(() => [{ ...result, data }, execute], [result, data, execute]);
}
