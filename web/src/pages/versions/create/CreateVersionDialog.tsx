import { Box, Modal, Skeleton, Stack } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "urql";

import { useProject } from "../../../api/projectContext";
import { QueryProblem } from "../../../components/Problem";
import { CreateVersionForm } from "./CreateVersionForm";
import { CHOICES } from "./documents";
import classes from "./CreateVersionDialog.module.css";

/** Makes a version: the choices on one side, what they will give on the other. */
export default function CreateVersionDialog({ onClose }: { onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 48em)");
  const { id } = useProject();
  const [{ data, error }, execute] = useQuery({ query: CHOICES, variables: { id } });
  return (
    <Modal
      opened
      onClose={onClose}
      title="Create Dataset Version"
      size={1180}
      fullScreen={phone}
      yOffset="4dvh"
      classNames={{ content: classes.content, header: classes.header, body: classes.body }}
      closeOnClickOutside={false}
      attributes={{ header: { role: "presentation" } }}
    >
      {error && !data && (
        <Box p="lg" flex={1}>
          <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />
        </Box>
      )}
      {!error && !data && <Loading />}
      {data && (
        <CreateVersionForm
          earlier={data.project.versions.nodes}
          batches={data.project.uploadBatches.nodes}
          sources={data.project.assets.nodes}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

function Loading() {
  return (
    <Stack p="lg" flex={1} aria-label="Loading">
      {[40, 96, 160, 160].map((height, index) => (
        <Skeleton key={index} height={height} />
      ))}
    </Stack>
  );
}
