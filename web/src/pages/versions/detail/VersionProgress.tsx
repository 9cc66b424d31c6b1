import { Loader, Progress, Text } from "@mantine/core";
import { CircleCheck, CircleDashed } from "lucide-react";
import { useState } from "react";

import { useEventStream } from "../../../api/eventStream";
import { graphql } from "../../../api/generated";
import type {
  VersionDetailProgressSubscription,
  VersionDetailProgressSubscriptionVariables,
} from "../../../api/generated/graphql";
import { Problem } from "../../../components/Problem";
import { count } from "../../../components/numbers";
import { share, steps, type Step } from "./creation";
import { Section } from "./Section";
import classes from "./VersionProgress.module.css";

const PROGRESS = graphql(`
  subscription VersionDetailProgress($versionId: ID!, $after: String) {
    versionProgress(versionId: $versionId, after: $after) {
      cursor
      stage
      done
      total
      message
    }
  }
`);

type Event = VersionDetailProgressSubscription["versionProgress"];

/**
 * How far a version is that is being made. The stream is told from its start, so that a page that was just opened knows
 * the stage at once; it goes on by cursor after a lost connection. `onEnd` is called when the version is made, or failed.
 */
export function VersionProgress({ versionId, onEnd }: { versionId: string; onEnd: () => void }) {
  const [event, setEvent] = useState<Event | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEventStream<VersionDetailProgressSubscription, VersionDetailProgressSubscriptionVariables, Event>({
    document: PROGRESS,
    variables: { versionId },
    pick: (data) => data.versionProgress,
    onEvent: (next) => {
      setEvent(next);
      if (next.stage === "READY" || next.stage === "FAILED") onEnd();
    },
    onRefused: setRefusal,
  });
  if (refusal) return <Problem title="The progress cannot be followed">{refusal}</Problem>;
  const stage = event?.stage ?? "QUEUED";
  const { done, total } = event ?? { done: 0, total: 0 };
  return (
    <Section title="Being made">
      <ol className={classes.steps}>
        {steps(stage).map((step) => (
          <Stage key={step.stage} step={step} counts={step.state === "current" && total > 0 ? { done, total } : null} />
        ))}
      </ol>
      <Progress
        value={share(done, total) ?? 100}
        animated={stage !== "READY"}
        size="lg"
        mt="md"
        aria-label="Progress of the stage"
      />
      <Text size="sm" c="dimmed" mt="xs" role="status">
        {stage === "QUEUED"
          ? "Waiting for a worker to take it up."
          : "What is frozen is the data of one instant: you can go on annotating meanwhile."}
      </Text>
    </Section>
  );
}

function Stage({ step, counts }: { step: Step; counts: { done: number; total: number } | null }) {
  return (
    <li className={classes.step} data-state={step.state} aria-current={step.state === "current" ? "step" : undefined}>
      {step.state === "current" ? (
        <Loader size={18} aria-hidden />
      ) : step.state === "done" ? (
        <CircleCheck size={20} aria-hidden />
      ) : (
        <CircleDashed size={20} aria-hidden />
      )}
      <span>
        {step.label}
        {counts && ` ${count(counts.done)}/${count(counts.total)}`}
      </span>
    </li>
  );
}
