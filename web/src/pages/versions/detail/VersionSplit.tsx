import { Group, Stack, Text } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";

import { counted } from "../../../components/numbers";
import { SplitBar } from "../../../components/SplitBar";
import type { Version } from "./documents";
import { Section } from "./Section";

/** How the images fall into the splits, what becomes of the training ones, and whether look-alikes are kept together. */
export function VersionSplit({ version }: { version: Version }) {
  const { train, val, test, trainAugmented } = version.splitCounts;
  return (
    <Section title="Split">
      <Stack gap="sm">
        <SplitBar train={train} val={val} test={test} />
        <Text size="sm">
          {trainAugmented === train
            ? `${counted(train, "training image")}, each written once.`
            : `${counted(train, "training image")}, written as ${counted(trainAugmented, "picture")} after tiling and augmentation.`}
        </Text>
        {version.leakedPairs != null && <Leaks pairs={version.leakedPairs} />}
      </Stack>
    </Section>
  );
}

function Leaks({ pairs }: { pairs: number }) {
  const Icon = pairs ? TriangleAlert : CircleCheck;
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Icon size={18} aria-hidden style={{ flex: "none", marginTop: 1 }} />
      <Text size="sm">
        {pairs
          ? `${counted(pairs, "pair")} of near-identical images in different splits.`
          : "No near-identical images in different splits."}
      </Text>
    </Group>
  );
}
