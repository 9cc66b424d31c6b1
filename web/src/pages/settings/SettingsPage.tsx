import { Box, Skeleton, Stack } from "@mantine/core";

import type { SettingsQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useMay, useProject } from "../../api/projectContext";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { ApiTokens } from "./ApiTokens";
import { DetectionModel } from "./DetectionModel";
import { Gpus } from "./Gpus";
import { Members } from "./Members";
import { ProjectSwitches } from "./ProjectSwitches";
import { RoboflowModels } from "./RoboflowModels";
import { Webhooks } from "./Webhooks";
import { SETTINGS } from "./documents";

export type SettingsOf = SettingsQuery["project"];

/** What the project detects with and how, who hears of it, who is in its team, and the viewer's own tokens. */
export default function SettingsPage() {
  const { id } = useProject();
  const mayChange = useMay("settings");
  const [{ data, error }, execute] = useLiveQuery(SETTINGS, { id }, [
    "PROJECT_CHANGED",
    "DEPLOYMENT_CHANGED",
    "MODEL_CREATED",
  ]);
  const refresh = () => execute({ requestPolicy: "network-only" });
  if (error && !data) return <QueryProblem error={error} retry={refresh} />;
  if (!data) return <Skeleton height={480} />;
  const { project, viewer } = data;
  return (
    <Box maw={860}>
      <PageHead title="Settings" />
      <Stack gap="lg">
        <DetectionModel
          key={JSON.stringify([project.activeModel, project.activeRoboflowModel, project.inferenceBackend])}
          settings={project}
        />
        <Gpus />
        <RoboflowModels key={project.roboflowModels.join()} settings={project} />
        <ProjectSwitches key={project.name} settings={project} />
        {mayChange && <Webhooks />}
        <Members team={project.team} viewerId={viewer.id} onChange={refresh} />
        <ApiTokens tokens={viewer.apiTokens} onChange={refresh} />
      </Stack>
    </Box>
  );
}
