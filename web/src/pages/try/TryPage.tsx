import { Alert, Anchor, Group, Select, Stack } from "@mantine/core";
import { ScanSearch } from "lucide-react";
import { useState } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";

import { useAction } from "../../api/action";
import { graphql } from "../../api/generated";
import type { DetectInput } from "../../api/generated/graphql";
import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { Problem } from "../../components/Problem";
import { percent } from "../../components/numbers";
import { DropPlace } from "./DropPlace";
import { Findings, LOWEST, type Result } from "./Findings";

const MODELS = graphql(`
  query TryModels($id: ID!) {
    project(id: $id) {
      id
      inferenceBackend
      inferenceModels {
        id
        name
        backend
        mAP50
        active
        available
      }
    }
  }
`);

const DETECT = graphql(`
  mutation TryDetect($input: DetectInput!) {
    detect(input: $input) {
      userErrors {
        code
        message
        field
      }
      result {
        detections {
          weedType
          confidence
          box {
            x
            y
            width
            height
          }
        }
        imageWidth
        imageHeight
        backend
        model
        fallbackReason
        fallbackMessage
        queueMs
        inferenceMs
      }
    }
  }
`);

const ACTIVE = "";

/** Drop an image, see what the model finds on it, who answered and why. Nothing is stored. */
export default function TryPage() {
  const project = useProject();
  const mayDetect = useMay("detect");
  const [{ data }] = useQuery({ query: MODELS, variables: { id: project.id } });
  const [detect, busy] = useAction(DETECT, (answer) => answer.detect, { say: false });
  const [file, setFile] = useState<File | null>(null);
  const [model, setModel] = useState(ACTIVE);
  const [backend, setBackend] = useState("");
  const [result, setResult] = useState<Result | null>(null);
  const [problem, setProblem] = useState<string>();
  const models = data?.project.inferenceModels ?? [];
  const active = models.find((one) => one.active);

  const run = async (image: File, modelId: string, by: string) => {
    setFile(image);
    setProblem(undefined);
    const chosen = models.find((one) => one.id === modelId);
    const input: DetectInput = {
      projectId: project.id,
      source: { image },
      confidence: LOWEST,
      ...(chosen && { model: chosen.backend === "ROBOFLOW" ? { roboflowModel: chosen.name } : { modelId } }),
      ...(by && { backend: by as DetectInput["backend"] }),
    };
    const { payload, problems } = await detect({ input });
    setResult(payload?.result ?? null);
    if (problems.length) setProblem(problems.map((one) => one.message).join(" "));
  };
  const again = (modelId: string, by: string) => file && void run(file, modelId, by);

  if (!mayDetect) {
    return (
      <EmptyState icon={ScanSearch} title="Detection needs the role member">
        Your role here is viewer. An owner of the team can change it in the settings.
      </EmptyState>
    );
  }
  return (
    <>
      <PageHead title="Try it" />
      <Stack gap="md">
        <Group gap="sm" align="end">
          <Select
            label="Model"
            data={[
              { value: ACTIVE, label: active ? `Deployed: ${active.name}` : "The deployed model" },
              ...models.map((one) => ({
                value: one.id,
                label: `${one.name}${one.mAP50 == null ? "" : ` (${percent(one.mAP50)} mAP)`}`,
                disabled: !one.available,
              })),
            ]}
            value={model}
            onChange={(value) => {
              setModel(value ?? ACTIVE);
              again(value ?? ACTIVE, backend);
            }}
            allowDeselect={false}
            w={380}
            maw="100%"
          />
          <Select
            label="Backend"
            data={[
              { value: "", label: "As the project says" },
              { value: "AUTO", label: "Automatic" },
              { value: "LOCAL", label: "Local" },
              { value: "ROBOFLOW", label: "Roboflow" },
            ]}
            value={backend}
            onChange={(value) => {
              setBackend(value ?? "");
              again(model, value ?? "");
            }}
            allowDeselect={false}
            w={190}
          />
        </Group>
        {models.length === 0 && data && (
          <Alert color="yellow" title="There is no model yet">
            Train one from a{" "}
            <Anchor component={Link} to="/versions" inherit underline="always">
              version
            </Anchor>
            , or name a Roboflow model in the{" "}
            <Anchor component={Link} to="/settings" inherit underline="always">
              settings
            </Anchor>
            .
          </Alert>
        )}
        {problem && <Problem title="Nothing was detected">{problem}</Problem>}
        <DropPlace onFile={(image) => void run(image, model, backend)} busy={busy} small={file !== null} />
        {file && !problem && <Findings key={file.name + file.lastModified} file={file} result={result} busy={busy} />}
      </Stack>
    </>
  );
}
