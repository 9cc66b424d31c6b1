import { Anchor, Group, Text, Title } from "@mantine/core";
import { BrainCircuit, ShieldAlert, ShieldCheck } from "lucide-react";
import { Link } from "wouter";

import { ClassName } from "../../components/ClassName";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { count, counted, percent } from "../../components/numbers";
import { useTrainingProgress } from "../training/useTrainingProgress";
import { VersionCardTraining } from "./VersionCardTraining";
import type { ListedVersion } from "./VersionCards";
import classes from "./VersionCard.module.css";
import { versionTitle } from "./detail/versionTitle";

const SHOWN_CLASSES = 5;

export type CardJob = ListedVersion["trainingJobs"]["nodes"][number];

/** What a card tells of its version, with how far the training is that runs on it. */
export function VersionCardFacts({
  version,
  job,
  waiting,
  onChanged,
}: {
  version: ListedVersion;
  job: CardJob | undefined;
  waiting: number;
  onChanged: () => void;
}) {
  const { progress } = useTrainingProgress(job, onChanged);
  const runs = version.status === "TRAINING" && job?.status !== "QUEUED" && job;
  return (
    <>
      <Head version={version} epochs={runs ? `${count(progress.done)}/${count(runs.config.epochs)}` : undefined} />
      {version.classCounts.length > 0 && <Classes counts={version.classCounts} />}
      <Text size="sm">
        <Text span c="dimmed" inherit>
          Created:{" "}
        </Text>
        <When at={version.createdAt} dated />
        {version.createdBy && ` by ${version.createdBy.name}`}
      </Text>
      <Model version={version} />
      <Check check={version.lastCheck} />
      {job && <VersionCardTraining job={job} progress={progress} waiting={waiting} />}
    </>
  );
}

function Head({ version, epochs }: { version: ListedVersion; epochs?: string }) {
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <Group gap="xs" style={{ minWidth: 0 }}>
        <Title order={3} size="h4">
          <Link to={`/versions/${version.version}`} className={classes.title}>
            {versionTitle(version)}
          </Link>
        </Title>
        <StatusChip status={version.status} detail={epochs} />
        {version.identicalTo && (
          <Text size="sm" c="dimmed">
            same data as{" "}
            <Anchor component={Link} to={`/versions/${version.identicalTo.version}`} inherit underline="always">
              v{version.identicalTo.version}
            </Anchor>
          </Text>
        )}
      </Group>
      {version.manifest && (
        <Group gap="md" wrap="nowrap">
          <Text size="sm" fw={600}>
            {counted(version.imageCount, "image")}
          </Text>
          <Text size="sm" fw={600}>
            {counted(version.classCounts.length, "class", "classes")}
          </Text>
        </Group>
      )}
    </Group>
  );
}

function Classes({ counts }: { counts: ListedVersion["classCounts"] }) {
  const sorted = counts.toSorted((a, b) => b.annotations - a.annotations || a.name.localeCompare(b.name));
  const rest = sorted.slice(SHOWN_CLASSES);
  return (
    <ul className={classes.classes} aria-label="Classes">
      {sorted.slice(0, SHOWN_CLASSES).map(({ name, annotations }) => (
        <li key={name}>
          <ClassName name={name} detail={count(annotations)} />
        </li>
      ))}
      {rest.length > 0 && (
        <li>
          <Text size="sm" c="dimmed" title={rest.map(({ name, annotations }) => `${name} ${count(annotations)}`).join(", ")}>
            and {count(rest.length)} more
          </Text>
        </li>
      )}
    </ul>
  );
}

function Model({ version }: { version: ListedVersion }) {
  const { latestModel: model, splitCounts } = version;
  if (!model) return null;
  const measured = splitCounts.val > 0 ? `on v${version.version} val, ${counted(splitCounts.val, "image")}` : null;
  return (
    <Group gap={8} align="center">
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        <Text span c="dimmed" inherit>
          Model:{" "}
        </Text>
        <Anchor component={Link} to={`/models/${model.id}`} inherit underline="always">
          <BrainCircuit size={14} aria-hidden style={{ verticalAlign: -2, marginRight: 4 }} />
          {model.name}
        </Anchor>{" "}
        {model.metrics && (
          <Text span inherit fw={600}>
            ({percent(model.metrics.mAP50)} mAP)
          </Text>
        )}
        {model.metrics && measured && (
          <Text span size="xs" c="dimmed">
            {" "}
            {measured}
          </Text>
        )}
      </Text>
      {model.deployed && <StatusChip status="ACTIVE" />}
    </Group>
  );
}

/** The newest check of the frozen files, in a line; its findings stand on the version's page. */
function Check({ check }: { check: ListedVersion["lastCheck"] }) {
  if (!check || check.status === "FAILED") return null;
  const running = check.status !== "COMPLETED";
  const Icon = running || check.intact ? ShieldCheck : ShieldAlert;
  const progress = check.objectsTotal ? ` ${count(check.objectsChecked)} of ${count(check.objectsTotal)}` : "";
  return (
    <Text size="sm" c={check.intact === false ? "var(--mantine-color-error)" : "dimmed"} role="status">
      <Icon size={14} aria-hidden style={{ verticalAlign: -2, marginRight: 6 }} />
      {running && `Checking its files${progress}`}
      {!running && (check.intact ? "Every file intact when last checked" : "Files are missing or have changed: see its check")}
    </Text>
  );
}
