import { Modal, Skeleton, Stack } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import { useProject } from "../../api/projectContext";
import { QueryProblem } from "../../components/Problem";
import { TrainForm } from "./TrainForm";
import { checkpointsAmong } from "./trainingForm";

const FACTS = graphql(`
  query TrainDialog($projectId: ID!, $versionId: ID!) {
    version(id: $versionId) {
      id
      name
      displayName
      imageCount
      preprocessing {
        resize {
          width
          height
        }
      }
    }
    project(id: $projectId) {
      id
      models(first: 200) {
        nodes {
          id
          name
          sha256
          baseModel
          metrics {
            mAP50
          }
        }
      }
    }
  }
`);

/** Starts a training from a version; leads to its page once it is queued. */
export default function TrainDialog({
  versionId,
  versionNumber,
  opened,
  onClose,
}: {
  versionId: string;
  versionNumber: number;
  opened: boolean;
  onClose: () => void;
}) {
  const phone = useMediaQuery("(max-width: 48em)");
  return (
    <Modal opened={opened} onClose={onClose} title={`Train Model from v${versionNumber}`} size="lg" fullScreen={phone}>
      <Content versionId={versionId} versionNumber={versionNumber} onClose={onClose} />
    </Modal>
  );
}

function Content({ versionId, versionNumber, onClose }: { versionId: string; versionNumber: number; onClose: () => void }) {
  const project = useProject();
  const [{ data, error }, execute] = useQuery({ query: FACTS, variables: { projectId: project.id, versionId } });
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) {
    return (
      <Stack role="status" aria-label="Loading">
        <Skeleton height={22} width="70%" />
        <Skeleton height={160} />
        <Skeleton height={140} />
      </Stack>
    );
  }
  return (
    <TrainForm
      version={{ ...data.version, number: versionNumber }}
      checkpoints={checkpointsAmong(data.project.models.nodes)}
      onClose={onClose}
    />
  );
}
