import { Paper, Text, Title } from "@mantine/core";
import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import { QueryProblem } from "../../components/Problem";
import classes from "./TrainingLog.module.css";

const LOG = graphql(`
  query TrainingLog($id: ID!) {
    trainingJob(id: $id) {
      id
      logTail(lines: 300)
    }
  }
`);

const EVERY_MS = 3_000;

/** What the training printed last, read again every few seconds while it runs: its lines are no events. */
export function TrainingLog({ jobId, running, changes }: { jobId: string; running: boolean; changes: number }) {
  const [{ data, error }, execute] = useQuery({ query: LOG, variables: { id: jobId } });
  const visible = useDocumentVisibility() === "visible";
  useEffect(() => {
    if (!running || !visible) return;
    const timer = setInterval(() => execute({ requestPolicy: "network-only" }), EVERY_MS);
    return () => clearInterval(timer);
  }, [running, visible, execute]);
  useEffect(() => {
    if (changes > 0) execute({ requestPolicy: "network-only" });
  }, [changes, running, execute]);
  const lines = data?.trainingJob.logTail;
  return (
    <Paper withBorder p="md" h="100%" className={classes.panel}>
      <Title order={3} size="h4" mb="xs">
        Log
      </Title>
      {error && !lines && <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />}
      {lines?.length === 0 && (
        <Text size="sm" c="dimmed">
          {running ? "Nothing printed yet: the first lines come when the images are prepared." : "Nothing was printed."}
        </Text>
      )}
      {lines && lines.length > 0 && <Lines text={lines.join("\n")} />}
    </Paper>
  );
}

const AT_END_PX = 24;

/** Stays at the end as lines come, unless somebody has scrolled up to read. */
function Lines({ text }: { text: string }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <pre
      ref={box}
      className={classes.lines}
      tabIndex={0}
      role="region"
      aria-label="The last lines that the training printed"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      }}
    >
      {text}
    </pre>
  );
}
