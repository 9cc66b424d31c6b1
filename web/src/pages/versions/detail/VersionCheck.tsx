import { Button, List, Progress, Stack, Text, ThemeIcon, Group } from "@mantine/core";
import { ShieldAlert, ShieldCheck } from "lucide-react";

import { useAction } from "../../../api/action";
import { graphql } from "../../../api/generated";
import type { VersionDetailCheckQuery } from "../../../api/generated/graphql";
import { useLiveQuery } from "../../../api/live";
import { Problem, QueryProblem } from "../../../components/Problem";
import { StatusChip } from "../../../components/StatusChip";
import { count, counted } from "../../../components/numbers";
import { When } from "../../../components/When";
import { share } from "./creation";
import { VERIFY } from "./documents";
import { Section } from "./Section";
import { useVersionRights } from "./versionRights";

const CHECK = graphql(`
  query VersionDetailCheck($versionId: ID!) {
    version(id: $versionId) {
      id
      lastCheck {
        id
        status
        failureReason
        objectsTotal
        objectsChecked
        intact
        manifestIntact
        missing
        missingCount
        corrupt
        corruptCount
        createdAt
        finishedAt
      }
    }
  }
`);

type Check = NonNullable<VersionDetailCheckQuery["version"]["lastCheck"]>;

export const CHECK_SECTION = "check";

/** Whether everything that the version froze is still there, byte for byte. */
export function VersionCheck({ versionId }: { versionId: string }) {
  const { manage } = useVersionRights();
  const [{ data, error }, execute] = useLiveQuery(CHECK, { versionId }, ["CHECK_CHANGED"]);
  const [verify, busy] = useAction(VERIFY, (answer) => answer.verifyVersion);
  const check = data?.version.lastCheck;
  const underWay = check?.status === "QUEUED" || check?.status === "RUNNING";
  const start = async () => {
    await verify({ id: versionId });
    execute({ requestPolicy: "network-only" });
  };
  return (
    <Section
      title="Check"
      id={CHECK_SECTION}
      aside={
        manage &&
        !underWay && (
          <Button size="xs" h={32} variant="default" loading={busy} leftSection={<ShieldCheck size={15} aria-hidden />} onClick={start}>
            {check ? "Check again" : "Check the files"}
          </Button>
        )
      }
    >
      {error && !data && <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />}
      {data && !check && (
        <Text size="sm" c="dimmed">
          Reads every frozen image and the manifest back, and holds them against their checksums. It has not been done yet.
        </Text>
      )}
      {check && <Outcome check={check} />}
    </Section>
  );
}

function Outcome({ check }: { check: Check }) {
  if (check.status === "FAILED") {
    return <Problem title="The check could not be done">{check.failureReason}</Problem>;
  }
  if (check.status !== "COMPLETED") return <UnderWay check={check} />;
  return check.intact ? <Intact check={check} /> : <Damaged check={check} />;
}

function UnderWay({ check }: { check: Check }) {
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <StatusChip status={check.status} word={check.status === "RUNNING" ? "Checking" : undefined} />
        <Text size="sm">
          {count(check.objectsChecked)} of {check.objectsTotal ? counted(check.objectsTotal, "file") : "all files"}
        </Text>
      </Group>
      <Progress value={share(check.objectsChecked, check.objectsTotal) ?? 100} animated aria-label="Files checked" />
    </Stack>
  );
}

function Intact({ check }: { check: Check }) {
  return (
    <Group gap="sm" wrap="nowrap">
      <ThemeIcon variant="light" radius="xl" size={40}>
        <ShieldCheck size={22} aria-hidden />
      </ThemeIcon>
      <div>
        <Text fw={600}>Intact ✓</Text>
        <Text size="sm" c="dimmed">
          {counted(check.objectsChecked, "file")} as they were frozen, checked <When at={check.finishedAt ?? check.createdAt} />
        </Text>
      </div>
    </Group>
  );
}

function Damaged({ check }: { check: Check }) {
  return (
    <Stack gap="sm">
      <Group gap="sm" wrap="nowrap">
        <ThemeIcon variant="light" color="red" radius="xl" size={40}>
          <ShieldAlert size={22} aria-hidden />
        </ThemeIcon>
        <div>
          <Text fw={600}>Not as it was frozen</Text>
          <Text size="sm" c="dimmed">
            {counted(check.objectsChecked, "file")} checked <When at={check.finishedAt ?? check.createdAt} />
            {check.manifestIntact === false ? "; the manifest itself is missing or has changed" : ""}
          </Text>
        </div>
      </Group>
      <Names title="Missing" names={check.missing} total={check.missingCount} />
      <Names title="Changed" names={check.corrupt} total={check.corruptCount} />
      <Text size="sm">Restore these files from a backup and check again, or make another version.</Text>
    </Stack>
  );
}

function Names({ title, names, total }: { title: string; names: readonly string[]; total: number }) {
  if (total === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}: {counted(total, "file")}
      </Text>
      <div role="region" aria-label={`${title} files`} tabIndex={0} style={{ maxHeight: 180, overflowY: "auto" }}>
        <List size="sm">
          {names.map((name) => (
            <List.Item key={name} style={{ overflowWrap: "anywhere" }}>
              {name}
            </List.Item>
          ))}
        </List>
      </div>
      {total > names.length && (
        <Text size="sm" c="dimmed">
          and {count(total - names.length)} more
        </Text>
      )}
    </div>
  );
}
