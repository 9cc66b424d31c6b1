import { Group, Progress, Text } from "@mantine/core";
import { useState } from "react";

import { useEventStream } from "../../api/eventStream";
import { graphql } from "../../api/generated";
import type {
  VersionsPageMakingSubscription,
  VersionsPageMakingSubscriptionVariables,
  VersionStage,
} from "../../api/generated/graphql";
import { count } from "../../components/numbers";

const MAKING = graphql(`
  subscription VersionsPageMaking($versionId: ID!, $after: String) {
    versionProgress(versionId: $versionId, after: $after) {
      cursor
      stage
      done
      total
    }
  }
`);

type Making = VersionsPageMakingSubscription["versionProgress"];

const WORDS: Record<VersionStage, string> = {
  QUEUED: "Waiting for a worker",
  SELECTING: "Selecting images",
  FREEZING: "Freezing images",
  UPLOADING: "Storing the manifest",
  READY: "Ready",
  FAILED: "Failed",
};

/** How far a version is that is being made, told from the start of its stream. */
export function VersionCardMaking({ version, onEnd }: { version: { id: string; version: number }; onEnd: () => void }) {
  const [making, setMaking] = useState<Making | null>(null);
  useEventStream<VersionsPageMakingSubscription, VersionsPageMakingSubscriptionVariables, Making>({
    document: MAKING,
    variables: { versionId: version.id },
    pick: (data) => data.versionProgress,
    onEvent: (event) => {
      setMaking(event);
      if (event.stage === "READY" || event.stage === "FAILED") onEnd();
    },
  });
  const { stage, done, total } = making ?? { stage: "QUEUED" as const, done: 0, total: 0 };
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm" role="status">
          {WORDS[stage]}
        </Text>
        {total > 0 && (
          <Text size="sm" c="dimmed">
            {count(done)} of {count(total)}
          </Text>
        )}
      </Group>
      <Progress
        value={total > 0 ? (100 * done) / total : 100}
        animated
        aria-label={`Progress of v${version.version}: ${WORDS[stage]}`}
      />
    </div>
  );
}
