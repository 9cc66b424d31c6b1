import { Anchor, Button, Group, Modal, Slider, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "wouter";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { useProject } from "../../api/projectContext";
import { Problem } from "../../components/Problem";
import { counted } from "../../components/numbers";
import { START_DETECTION } from "./documents";

/** Some images, those of an upload, or all. */
export type DetectionScope = { assetIds: string[] } | { uploadBatchId: string; name: string } | "all";

/** Starts a detection over many images with the model that the project has deployed. */
export function DetectDialog({ scope, onClose }: { scope: DetectionScope | null; onClose: () => void }) {
  const project = useProject();
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  const [confidence, setConfidence] = useState(0.25);
  const [problem, setProblem] = useState<string | null>(null);
  const [start, busy] = useAction(START_DETECTION, (data) => data.startDetection, { say: false });
  const model = project.activeModel?.name ?? project.activeRoboflowModel;
  const close = () => {
    setProblem(null);
    onClose();
  };
  const submit = async () => {
    if (scope === null) return;
    const { payload, problems } = await start({ input: { projectId: project.id, confidence, ...inputOf(scope) } });
    setProblem(byField(problems, [])[""] ?? null);
    if (!payload?.job) return;
    const { status, total } = payload.job;
    tell(
      status === "COMPLETED"
        ? "The model has looked at these images before; there was nothing left to do."
        : `Detection on ${counted(total, "image")} has begun. What it finds waits for your review.`,
    );
    close();
  };
  return (
    <Modal opened={scope !== null} onClose={close} title={scope && title(scope, project.totalImages)} fullScreen={phone}>
      {model ? (
        <Stack>
          <Text size="sm">
            <Text span fw={600} size="sm">
              {model}
            </Text>{" "}
            looks at each image that it has not seen yet. What it finds is drawn dashed until somebody accepts it.
          </Text>
          <div>
            <Text size="sm" fw={500} mb={4}>
              Keep objects from {Math.round(confidence * 100)} % confidence
            </Text>
            <Slider
              value={Math.round(confidence * 100)}
              onChange={(value) => setConfidence(value / 100)}
              min={5}
              max={95}
              step={5}
              label={(value) => `${value} %`}
              thumbLabel="Least confidence"
            />
          </div>
          {problem !== null && <Problem>{problem}</Problem>}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button loading={busy} onClick={() => void submit()}>
              Start Detection
            </Button>
          </Group>
        </Stack>
      ) : (
        <Text size="sm">
          The project has no model to detect with yet. Deploy one under{" "}
          <Anchor component={Link} to="/models" size="sm" underline="always">
            Models
          </Anchor>{" "}
          first.
        </Text>
      )}
    </Modal>
  );
}

function inputOf(scope: DetectionScope) {
  if (scope === "all") return {};
  return "assetIds" in scope ? { assetIds: scope.assetIds } : { uploadBatchId: scope.uploadBatchId };
}

function title(scope: DetectionScope, all: number): string {
  if (scope === "all") return `Detect on all ${counted(all, "image")}`;
  return "assetIds" in scope ? `Detect on ${counted(scope.assetIds.length, "image")}` : `Detect on ${scope.name}`;
}
