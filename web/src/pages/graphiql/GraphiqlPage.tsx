import "graphiql/setup-workers/vite";
import "graphiql/style.css";

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { useDocumentTitle } from "@mantine/hooks";
import { useMemo } from "react";

import { useToken } from "../../api/session";
import { sockets } from "../../api/sockets";
import classes from "./GraphiqlPage.module.css";

const FIRST_QUERY = `# You are signed in. Ctrl+Enter runs the operation under the cursor; subscriptions go on until you stop them.
query Projects {
  viewer { name email }
  projects(first: 10) {
    nodes { id name totalImages versionCount activeModel { name } }
  }
}
`;

/** The API's own workbench, bundled: it asks nobody but this server. */
export default function GraphiqlPage() {
  useDocumentTitle("GraphiQL · AgriDrone Ops");
  const token = useToken();
  const fetcher = useMemo(
    () =>
      createGraphiQLFetcher({
        url: "/graphql",
        wsClient: sockets,
        headers: { Authorization: `Bearer ${token ?? ""}`, "GraphQL-Require-Preflight": "1" },
      }),
    [token],
  );
  return (
    <main className={classes.page}>
      <GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY}>
        <GraphiQL.Logo>
          <a href="/projects" className={classes.back}>
            Back to AgriDrone Ops
          </a>
        </GraphiQL.Logo>
      </GraphiQL>
    </main>
  );
}
