import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "react";

import { useEventStream } from "../../api/eventStream";
import { graphql } from "../../api/generated";
import type { TrainingJobStatus } from "../../api/generated/graphql";
import { isFinal, NOTHING_YET, progressReducer, type Progress, type TrainingReading } from "./progress";

const TRAINING_PROGRESS = graphql(`
  subscription TrainingProgress($jobId: ID!, $after: String) {
    trainingProgress(jobId: $jobId, after: $after) {
      cursor
      at
      kind
      epoch
      batch
      batches
      etaSeconds
      message
      metrics {
        epoch
        seconds
        boxLoss
        clsLoss
        dflLoss
        valBoxLoss
        valClsLoss
        valDflLoss
        precision
        recall
        mAP50
        mAP5095
        learningRate
      }
    }
  }
`);

/**
 * How far a job is: what was read of it and, until it ends, what its stream tells after the reading's cursor. `readAgain`
 * is called when the reading is behind: the status changed, or an epoch is missing.
 */
export function useTrainingProgress(
  job: (TrainingReading & { id: string; status: TrainingJobStatus; eventCursor: string }) | undefined,
  readAgain: () => void,
): { progress: Progress; refused: string | null } {
  const [progress, tell] = useReducer(progressReducer, NOTHING_YET);
  const [refused, setRefused] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (job) tell({ type: "read", job });
  }, [job]);
  useEventStream(
    job && !isFinal(job.status)
      ? {
          document: TRAINING_PROGRESS,
          variables: { jobId: job.id, after: job.eventCursor },
          pick: (data) => data.trainingProgress,
          onEvent: (news) => {
            setRefused(null);
            tell({ type: "told", news });
          },
          onRefused: setRefused,
        }
      : null,
  );
  const latest = useRef(readAgain);
  useEffect(() => {
    latest.current = readAgain;
  });
  useEffect(() => {
    if (progress.readings > 0) latest.current();
  }, [progress.readings]);
  return { progress, refused };
}
