import { ActionIcon, Indicator, Popover, Progress, Stack, Text, UnstyledButton } from "@mantine/core";
import { Activity } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";

import { complain, tell } from "../api/action";
import { graphql } from "../api/generated";
import { useLiveQuery } from "../api/live";
import { useProject } from "../api/projectContext";
import { count, counted, size } from "../components/numbers";
import { useUploads } from "../uploads/useUploads";
import { ended, workOf, type Work } from "./runningWork";
import classes from "./ActivityButton.module.css";

export const ACTIVITY = graphql(`
  query Activity($id: ID!) {
    project(id: $id) {
      id
      versions(first: 10) {
        nodes {
          id
          version
          status
          exports {
            id
            format
            status
          }
          lastCheck {
            id
            status
            objectsChecked
            objectsTotal
          }
        }
      }
      trainingJobs(first: 20) {
        nodes {
          id
          status
          epoch
          progress
          config {
            epochs
          }
          version {
            id
            version
          }
        }
      }
      detectionJobs(first: 5) {
        nodes {
          id
          status
          done
          total
        }
      }
      uploadBatches(first: 5) {
        nodes {
          id
          name
          status
          verified
          refused
        }
      }
      deployments(first: 3) {
        nodes {
          id
          status
          roboflowModel
          model {
            id
            name
          }
        }
      }
    }
  }
`);

const KINDS = [
  "VERSION_CHANGED",
  "CHECK_CHANGED",
  "EXPORT_CHANGED",
  "TRAINING_CHANGED",
  "DEPLOYMENT_CHANGED",
  "DETECTION_CHANGED",
  "UPLOAD_CHANGED",
] as const;

/** What runs in the project, with its progress, in one place; what ended says so once. */
export function ActivityButton() {
  const { id } = useProject();
  const [{ data }] = useLiveQuery(ACTIVITY, { id }, KINDS);
  const [opened, setOpened] = useState(false);
  const all = useMemo(() => (data ? workOf(data.project) : null), [data]);
  useEndings(all);
  const sending = useSending();
  const work = [...sending, ...(all ?? []).filter(({ outcome }) => outcome === null)];
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={320} shadow="md" trapFocus>
      <Indicator disabled={work.length === 0} label={work.length} size={16} offset={6} processing>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => setOpened(!opened)}
            aria-label={work.length ? `Activity: ${work.length} running` : "Activity: nothing is running"}
          >
            <Activity size={20} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label="Activity">
        {work.length === 0 ? (
          <Text size="sm" c="dimmed" tabIndex={-1} data-autofocus>
            Nothing is running in this project.
          </Text>
        ) : (
          <Stack gap="xs" component="ul" className={classes.list}>
            {work.map((one) => (
              <WorkItem key={one.key} work={one} onOpen={() => setOpened(false)} />
            ))}
          </Stack>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function WorkItem({ work: { name, state, to, progress }, onOpen }: { work: Work; onOpen: () => void }) {
  return (
    <li>
      <UnstyledButton component={Link} to={to} className={classes.item} onClick={onOpen}>
        <Text size="sm" fw={600} truncate>
          {name}
        </Text>
        {state && (
          <Text size="xs" c="dimmed">
            {state}
          </Text>
        )}
        <Progress
          value={progress === null ? 100 : progress * 100}
          animated={progress === null}
          size="sm"
          mt={4}
          aria-label={name}
        />
      </UnstyledButton>
    </li>
  );
}

/** This browser's own upload to the project, which the server does not know the length of. */
function useSending(): Work[] {
  const { id } = useProject();
  const { running, done, total, bytesDone, bytesTotal, label } = useUploads(id);
  if (!running) return [];
  return [
    {
      key: "sending",
      name: `Upload of ${label}`,
      state: `${count(done)} of ${counted(total, "image")}, ${size(bytesDone)} of ${size(bytesTotal)}`,
      to: "/images",
      progress: bytesTotal ? bytesDone / bytesTotal : null,
      outcome: null,
    },
  ];
}

function useEndings(all: readonly Work[] | null): void {
  const before = useRef<readonly Work[]>([]);
  useEffect(() => {
    if (all === null) return;
    for (const { name, outcome } of ended(before.current, all)) {
      if (outcome === "failed") complain(`${name} failed. Its page says why.`);
      else tell(`${name} is ${outcome}.`);
    }
    before.current = all;
  }, [all]);
}
