import { Button, Group, Progress, Text } from "@mantine/core";
import { useState } from "react";

import { useAction } from "../../../api/action";
import { useEventStream } from "../../../api/eventStream";
import { graphql } from "../../../api/generated";
import type {
  VersionDownloadProgressSubscription,
  VersionDownloadProgressSubscriptionVariables,
} from "../../../api/generated/graphql";
import { count } from "../../../components/numbers";
import { Problem } from "../../../components/Problem";
import { share } from "./creation";

const PROGRESS = graphql(`
  subscription VersionDownloadProgress($exportId: ID!, $after: String) {
    exportProgress(exportId: $exportId, after: $after) {
      cursor
      done
      total
      export {
        id
        status
      }
    }
  }
`);

const CANCEL = graphql(`
  mutation VersionDownloadCancel($id: ID!) {
    cancelExport(id: $id) {
      userErrors {
        code
        message
        field
      }
      export {
        id
        status
      }
    }
  }
`);

type Event = VersionDownloadProgressSubscription["exportProgress"];

/** How far an export is, from the start of its stream. `onEnd` is called when it is ready, failed or cancelled. */
export function ExportProgress({
  exportId,
  name,
  mayCancel,
  onEnd,
}: {
  exportId: string;
  name: string;
  mayCancel: boolean;
  onEnd: () => void;
}) {
  const [event, setEvent] = useState<Event | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [cancel, cancelling] = useAction(CANCEL, (data) => data.cancelExport);
  useEventStream<VersionDownloadProgressSubscription, VersionDownloadProgressSubscriptionVariables, Event>({
    document: PROGRESS,
    variables: { exportId },
    pick: (data) => data.exportProgress,
    onEvent: (next) => {
      setEvent(next);
      if (next.export.status !== "QUEUED" && next.export.status !== "RENDERING") onEnd();
    },
    onRefused: setRefusal,
  });
  if (refusal) return <Problem title="The progress cannot be followed">{refusal}</Problem>;
  const waits = event === null || event.export.status === "QUEUED";
  const stop = async () => {
    const { payload } = await cancel({ id: exportId });
    if (payload) onEnd();
  };
  return (
    <Group gap="sm" wrap="nowrap" mt={8}>
      <Progress
        style={{ flex: 1 }}
        value={waits ? 100 : (share(event.done, event.total) ?? 0)}
        animated
        aria-label={`Rendering ${name}`}
      />
      <Text size="sm" role="status" style={{ whiteSpace: "nowrap" }}>
        {waits ? "Queued" : `${count(event.done)} of ${count(event.total)}`}
      </Text>
      {mayCancel && (
        <Button size="xs" h={32} variant="default" loading={cancelling} onClick={stop} aria-label={`Cancel ${name}`}>
          Cancel
        </Button>
      )}
    </Group>
  );
}
