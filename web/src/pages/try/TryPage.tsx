import { Alert, Anchor, Badge, Button, FileButton, Group, Loader, Paper, Select, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { Image as ImageIcon, ScanSearch } from "lucide-react";
import { useEffect, useState, type DragEvent } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";

import { useAction } from "../../api/action";
import { graphql } from "../../api/generated";
import type { DetectInput, TryDetectMutation } from "../../api/generated/graphql";
import { useMay, useProject } from "../../api/projectContext";
import { AnnotatedPicture } from "../../components/AnnotatedPicture";
import { ClassName } from "../../components/ClassName";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { Problem } from "../../components/Problem";
import { count, counted, percent } from "../../components/numbers";
import { FALLBACK_WORDS } from "./fallback";
import classes from "./TryPage.module.css";

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

type Result = NonNullable<TryDetectMutation["detect"]["result"]>;

const ACTIVE = "";
/** What is sent for; the slider only hides, so that moving it asks nobody. */
const LOWEST = 0.05;

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

function DropPlace({ onFile, busy, small }: { onFile: (file: File) => void; busy: boolean; small: boolean }) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    <Paper
      withBorder
      p={small ? "sm" : "xl"}
      className={over ? `${classes.drop} ${classes.over}` : classes.drop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group justify="center" gap="sm">
        {busy ? <Loader size="sm" aria-label="Detecting" /> : <ImageIcon aria-hidden />}
        <Text size="sm">{busy ? "Detecting…" : "Drop an image here, or"}</Text>
        <FileButton onChange={(file) => file && onFile(file)} accept="image/*,.tif,.tiff">
          {(props) => (
            <Button {...props} variant="default" size="xs" disabled={busy}>
              Choose an image
            </Button>
          )}
        </FileButton>
      </Group>
    </Paper>
  );
}

function Findings({ file, result, busy }: { file: File; result: Result | null; busy: boolean }) {
  const [address, setAddress] = useState<string>();
  const [least, setLeast] = useState(0.25);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  const shown = result?.detections.filter(({ confidence }) => confidence >= least) ?? [];
  const unsure = (result?.detections.length ?? 0) - shown.length;
  const counts = Map.groupBy(shown, ({ weedType }) => weedType);
  if (!address) return null;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} className={classes.findings}>
      <AnnotatedPicture
        src={address}
        alt={`${file.name}${result ? `, with ${counted(shown.length, "object")} found` : ""}`}
        width={result?.imageWidth ?? 4}
        height={result?.imageHeight ?? 3}
        shapes={shown}
        lazy={false}
        style={busy ? { opacity: 0.6 } : undefined}
      />
      {result && (
        <Stack gap="sm">
          <Text fw={600} size="lg" aria-live="polite">
            {counted(shown.length, "object")} found
          </Text>
          {unsure > 0 && (
            <Text size="sm" c="dimmed">
              {count(unsure)} more with less confidence
            </Text>
          )}
          <div>
            <Text size="sm" id="least-confidence">
              Confidence of at least {percent(least)}
            </Text>
            <Slider
              min={LOWEST}
              max={0.95}
              step={0.01}
              value={least}
              onChange={setLeast}
              label={null}
              thumbProps={{ "aria-labelledby": "least-confidence" }}
            />
          </div>
          <Stack gap={4} component="ul" className={classes.list}>
            {[...counts].map(([name, found]) => (
              <li key={name}>
                <ClassName name={name} detail={count(found.length)} />
              </li>
            ))}
          </Stack>
          <WhoAnswered result={result} />
        </Stack>
      )}
    </SimpleGrid>
  );
}

function WhoAnswered({ result }: { result: Result }) {
  return (
    <Paper withBorder p="sm">
      <Stack gap={4}>
        <Group gap="xs">
          <Badge variant="light" tt="none" autoContrast>
            {result.backend === "ROBOFLOW" ? "Roboflow" : "Local"}
          </Badge>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {result.model}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          {count(result.inferenceMs)} ms for the network, {count(result.queueMs)} ms waiting
        </Text>
        {result.fallbackReason && (
          <Text size="sm">
            {FALLBACK_WORDS[result.fallbackReason]} {result.fallbackMessage}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
