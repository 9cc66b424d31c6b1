import { Badge, Group, Paper, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";

import type { TryDetectMutation } from "../../api/generated/graphql";
import { AnnotatedPicture } from "../../components/AnnotatedPicture";
import { ClassName } from "../../components/ClassName";
import { count, counted, percent } from "../../components/numbers";
import { FALLBACK_WORDS } from "./fallback";
import classes from "./TryPage.module.css";

export type Result = NonNullable<TryDetectMutation["detect"]["result"]>;

/** What is sent for; the slider only hides, so that moving it asks nobody. */
export const LOWEST = 0.05;

/** The image with what was found on it, and who found it. */
export function Findings({ file, result, busy }: { file: File; result: Result | null; busy: boolean }) {
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
